{#-
  Materialization of a hashed table. The model's SELECT is the input of a Python processor, named in
  `config.meta.processor`; the model's YAML file is the table's contract.

  1. Python reads the SELECT as Arrow, runs the processor, casts to the contract, hashes, and checks
     keys; the rows go to a staging relation. What publishing them would delete is counted, and too much is
     refused. Nothing of the table is touched until here.
  2. One transaction brings the table's window to the staged state by key and data_hash, and writes
     the ledger. Killed at any moment, the table and its ledger are the old ones or the new ones.

  --full-refresh does not drop: created_at and the other windows would be lost. Var `audited` names tables
  that are only recomputed: their rows stay in `<table>__audit`, to be compared with those that are stored.
-#}
{% materialization processor, default, supported_languages=['sql'] -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set audited = var('audited', none) or [] -%}
    {%- set is_audit = model.name in ([audited] if audited is string else audited) -%}
    {%- set stage = stage_relation(target_relation, '__audit' if is_audit else '__stage') -%}
    {%- set ledger = source('nba_ops', 'publish_ledger').render() -%} {#- without the limit of --empty -#}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}

    {#- Before anything is made by the contract: a table of a wrong type would stand in the way of the right one. -#}
    {%- call statement('contract', language='python') -%}
        {{ python_job('python_processors.jobs:check_contract', {'table': model.name}) }}
    {%- endcall -%}
    {%- do job_outcome('contract') -%}

    {%- do refuse_lost_rows_of([model]) -%}
    {%- if load_cached_relation(this) is none -%}
        {%- do run_query(create_contract_table(target_relation, model.columns, model.config.meta)) -%}
    {%- endif -%}

    {%- call statement('process', language='python') -%}
        {{ python_job('python_processors.jobs:run_processor', {
            'table': model.name,
            'processor': model.config.meta.processor,
            'query': compiled_code,
            'target': target_relation | string,
            'stage': stage | string,
            'deletions': none if is_audit else {
                'query': deletions_sql(model, target_relation, stage, ledger),
                'played_feeds_query': played_feed_rows_sql(),
                'deletes_allowed': deletes_allowed(model.name),
                'allow_deletes': allows_deletes(),
                'max_deleted_pct': max_deleted_pct(),
            },
            'window': window(),
            'node': model.unique_id,
            'graph': logic_graph(),
            'vars': given_vars(),
        }) }}
    {%- endcall -%}
    {%- set outcome = job_outcome('process', unfinished=stage) -%}
    {%- if outcome.notice -%}
        {%- do log(outcome.notice, info=true) -%}
    {%- endif -%}

    {%- if is_audit -%}
        {%- call statement('main') -%}select 1 as nothing_was_published{%- endcall -%}
        {%- do end_transaction() -%}
    {%- else -%}
        {%- do publish(target_relation, stage, ledger, outcome) -%}
        {%- do adapter.drop_relation(stage) -%}
    {%- endif -%}

    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#- Where a run leaves rows before they are published; beside the table, so on the same location. -#}
{% macro stage_relation(target_relation, suffix) -%}
    {{ return(target_relation.incorporate(path={'identifier': target_relation.identifier ~ suffix})) }}
{%- endmacro %}

{#- The transaction that publishes. -#}
{% macro publish(target_relation, stage, ledger, outcome) -%}
    {{ return(adapter.dispatch('publish')(target_relation, stage, ledger, outcome)) }}
{%- endmacro %}

{#- DuckDB: dbt opens the transaction with the first statement, rolls it back on an error. -#}
{% macro duckdb__publish(target_relation, stage, ledger, outcome) -%}
    {%- call statement('ledger') -%}{{ ledger_sql(model, target_relation, stage, ledger, outcome) }}{%- endcall -%}
    {%- call statement('delete_doubled') -%}{{ delete_doubled_sql(model, target_relation) }}{%- endcall -%}
    {%- call statement('delete') -%}{{ delete_sql(model, target_relation, stage) }}{%- endcall -%}
    {%- call statement('main') -%}{{ merge_sql(model, target_relation, stage) }}{%- endcall -%}
    {%- do end_transaction() -%}
{%- endmacro %}

{#- DuckDB: what the model did so far is kept. -#}
{% macro end_transaction() -%}
    {{ return(adapter.dispatch('end_transaction')()) }}
{%- endmacro %}

{#- BigQuery keeps each job by itself. -#}
{% macro default__end_transaction() -%}
{%- endmacro %}

{% macro duckdb__end_transaction() -%}
    {%- do adapter.commit() -%}
{%- endmacro %}

{#- BigQuery: one script, so one job; a statement that fails rolls the transaction back. -#}
{% macro bigquery__publish(target_relation, stage, ledger, outcome) -%}
    {%- call statement('main') -%}{{ publish_script(model, target_relation, stage, ledger, outcome) }}{%- endcall -%}
{%- endmacro %}

{% macro publish_script(node, target_relation, stage, ledger, outcome) -%}
    begin transaction;
    {{ ledger_sql(node, target_relation, stage, ledger, outcome) }};
    {{ delete_doubled_sql(node, target_relation) }};
    {{ merge_sql(node, target_relation, stage) }};
    commit transaction;
{%- endmacro %}
