{#-
  Python that dbt runs in its own process: `target` is `module:function`, called with the engine's
  connection and `arguments`. What it returns is read back by job_outcome().
-#}
{% macro python_job(target, arguments) -%}
import json

from python_processors.jobs import run_job

ARGUMENTS = json.loads({{ tojson(tojson(arguments)) }})


class dbtObj:
    def __init__(self, load_df_function):
        pass


def model(dbt, session):
    return run_job({{ tojson(target) }}, session, ARGUMENTS)


def materialize(df, con):
    pass
{%- endmacro %}

{#-
  Outcome of a statement's job, as a dict; its error, if it has one, is raised without a traceback. A relation
  that the job left `unfinished` is dropped then.
-#}
{% macro job_outcome(statement_name, unfinished=none) -%}
    {%- set outcome = fromjson(adapter.dispatch('job_outcome_text')(statement_name)) -%}
    {%- if outcome.error -%}
        {%- if unfinished is not none -%}
            {%- do adapter.drop_relation(unfinished) -%}
        {%- endif -%}
        {{ exceptions.raise_compiler_error(outcome.error) }}
    {%- endif -%}
    {{ return(outcome) }}
{%- endmacro %}

{#- dbt-duckdb drops what a job returns, so it is left in a variable of the connection. -#}
{% macro duckdb__job_outcome_text(statement_name) -%}
    {{ return(run_query("select getvariable('fullcourt_job_outcome')").columns[0].values()[0]) }}
{%- endmacro %}

{#- The submission method in_process hands it back as the statement's code. -#}
{% macro bigquery__job_outcome_text(statement_name) -%}
    {{ return(load_result(statement_name).response.code) }}
{%- endmacro %}
