-- One row per table that looks back: whose history it is, a player's or a team's, and which windows of it must be
-- complete. Its contract says so.
{{ config(materialized='ephemeral') }}

{%- set declared = declared_rows() %}
{%- set windows = completeness_windows() %}

with

final as (
    {%- for table_name in tables_with_history() %}
    {%- set history = declared[table_name].history %}
    select
        '{{ table_name }}' as table_name,
        {%- for name in windows %}
        {{ 'true' if name in history else 'false' }} as reads_{{ name }},
        {{ 'true' if name in declared[table_name].history_of_teams else 'false' }} as reads_{{ name }}_of_teams,
        {%- endfor %}
        '{{ declared[table_name].entity_type }}' as entity_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
