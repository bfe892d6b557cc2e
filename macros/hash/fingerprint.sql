{#-
  Fingerprint of the rows of a group, `rows:high:low`, as fingerprint() in python_processors/hashing.py:
  row count and the sums of the two 32-bit halves of data_hash.
-#}
{% macro partition_fingerprint(data_hash) -%}
    cast(count({{ data_hash }}) as string)
    || ':' || cast(coalesce(sum({{ hex_to_integer('left(' ~ data_hash ~ ', 8)') }}), 0) as string)
    || ':' || cast(coalesce(sum({{ hex_to_integer('right(' ~ data_hash ~ ', 8)') }}), 0) as string)
{%- endmacro %}

{% macro hex_to_integer(text) -%}
    cast('0x' || {{ text }} as int64)
{%- endmacro %}
