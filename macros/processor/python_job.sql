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

{#- Outcome of the job just run, as a dict; its error, if it has one, is raised without a traceback. -#}
{% macro job_outcome() -%}
    {%- set outcome = fromjson(adapter.dispatch('job_outcome_text')()) -%}
    {%- if outcome.error -%}
        {{ exceptions.raise_compiler_error(outcome.error) }}
    {%- endif -%}
    {{ return(outcome) }}
{%- endmacro %}

{#- dbt-duckdb drops what a job returns, so it is left in a variable of the connection. -#}
{% macro duckdb__job_outcome_text() -%}
    {{ return(run_query("select getvariable('fullcourt_job_outcome')").columns[0].values()[0]) }}
{%- endmacro %}
