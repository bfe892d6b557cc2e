{#- Whether nobody who was born so plays in a season: var min_player_age says more. False where the date is unknown. -#}
{% macro is_impossible_birth_date(birth_date, season_year) -%}
    coalesce(
        extract(year from {{ birth_date }})
        not between {{ season_year }} - {{ var('max_player_age') }} and {{ season_year }} - {{ var('min_player_age') }},
        false
    )
{%- endmacro %}

{#- Full years from a birth date to a day. -#}
{% macro age_on(day, birth_date) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ birth_date }})
        - case
            when extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end as int64
    )
{%- endmacro %}
