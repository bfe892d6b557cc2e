{#-
  Finds each row whose vector, names or sources are not `length` long, hold a null, or disagree: a
  source that is `default` in a row of full quality, or the other way round.
-#}
{% macro check_feature_vectors_are_whole(model, node, length) -%}
    {{ return([{
        'is_wrong': '(
            feature_count <> ' ~ length ~ '
            or coalesce(array_length(features), 0) <> ' ~ length ~ '
            or coalesce(array_length(feature_names), 0) <> ' ~ length ~ '
            or coalesce(array_length(feature_sources), 0) <> ' ~ length ~ '
            or exists (select 1 from unnest(features) as feature where feature is null)
            or (feature_quality_score < 100) <> exists (
                select 1 from unnest(feature_sources) as source where source = \'default\' or starts_with(source, \'fallback:\')
            )
        )',
        'told': columns_by_name(['feature_count', 'feature_quality_score']),
    }]) }}
{%- endmacro %}
