{#- The counts of a box score, by their staging names: what every feed of players or teams has. -#}
{% macro box_score_counts() -%}
    {{ return([
        'points', 'fg_makes', 'fg_attempts', 'three_pt_makes', 'three_pt_attempts', 'ft_makes', 'ft_attempts',
        'offensive_rebounds', 'defensive_rebounds', 'rebounds', 'assists', 'steals', 'blocks', 'turnovers',
        'personal_fouls'
    ]) }}
{%- endmacro %}

{#-
  The most of each count that anybody can have, and a team: above all records of the league (of a player 100 points, 55
  rebounds, 30 assists, 63 attempts; of a team 186 points and 53 assists). A figure beyond is a slip of the pen.
-#}
{% macro box_score_limits(of='player') -%}
    {%- if of == 'team' -%}
        {{ return({
            'points': 200, 'fg_makes': 90, 'fg_attempts': 180, 'three_pt_makes': 50, 'three_pt_attempts': 100,
            'ft_makes': 80, 'ft_attempts': 100, 'offensive_rebounds': 60, 'defensive_rebounds': 90, 'rebounds': 120,
            'assists': 70, 'steals': 40, 'blocks': 40, 'turnovers': 60, 'personal_fouls': 80,
        }) }}
    {%- endif -%}
    {{ return({
        'points': 105, 'fg_makes': 45, 'fg_attempts': 70, 'three_pt_makes': 25, 'three_pt_attempts': 40, 'ft_makes': 40,
        'ft_attempts': 50, 'offensive_rebounds': 30, 'defensive_rebounds': 50, 'rebounds': 60, 'assists': 40, 'steals': 15,
        'blocks': 20, 'turnovers': 20, 'personal_fouls': 10,
    }) }}
{%- endmacro %}

{#-
  Why a row of box-score counts is impossible, null when it is possible. The columns carry the
  staging names, so that every feed is held to the same rules; `of` a player or a team.
-#}
{% macro box_score_problem(of='player') -%}
    case
        when {% for count in box_score_counts() %}{{ count }} < 0{{ ' or ' if not loop.last }}{% endfor %}
            then 'negative count'
        when {% for count, most in box_score_limits(of).items() %}{{ count }} > {{ most }}{{ ' or ' if not loop.last }}{% endfor %}
            then 'a count that no game ever had'
        when fg_makes > fg_attempts or three_pt_makes > three_pt_attempts or ft_makes > ft_attempts
            then 'more makes than attempts'
        when three_pt_makes > fg_makes or three_pt_attempts > fg_attempts
            then 'more three-pointers than field goals'
        when 2 * fg_makes + three_pt_makes + ft_makes <> points
            then 'points do not add up'
        when offensive_rebounds + defensive_rebounds <> rebounds
            then 'rebounds do not add up'
    end
{%- endmacro %}

{#- Whether an official row lacks a count: the league's own box scores have all of them. -#}
{% macro has_no_count() -%}
    ({% for count in box_score_counts() %}{{ count }} is null{{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#-
  Playing time in seconds of the forms that feeds use; null of any other text. They are `34:12` (`33:60`
  is 34 minutes: the gamebook has it), `34`, `34.5`, and `PT34M12.00S` to the nearest second. More than one
  decimal is no time: spreadsheets turn 14:00 into `0.583333333` of a day. Minutes have up to so many digits:
  two of a player, three of a team.
-#}
{% macro minutes_text_to_seconds(minutes, digits=2) -%}
    {%- set whole = '[0-9]{1,' ~ digits ~ '}' -%}
    {%- set seconds_of_iso = "replace(" ~ part_of(minutes, 'M', 2) ~ ", 'S', '')" -%}
    case
        when {{ matches(minutes, '^' ~ whole ~ ':([0-5][0-9]|60)$') }}
            then
                60 * {{ try_to('INT64', part_of(minutes, ':', 1)) }}
                + {{ try_to('INT64', part_of(minutes, ':', 2)) }}
        when {{ matches(minutes, '^' ~ whole ~ '([.][0-9])?$') }}
            then
                60 * {{ try_to('INT64', part_of(minutes, '.', 1)) }}
                + 6 * coalesce({{ try_to('INT64', part_of(minutes, '.', 2)) }}, 0)
        when {{ matches(minutes, '^PT' ~ whole ~ 'M[0-5][0-9][.][0-9]+S$') }}
            then
                60 * {{ try_to('INT64', "replace(" ~ part_of(minutes, 'M', 1) ~ ", 'PT', '')") }}
                + cast(round({{ try_to('FLOAT64', seconds_of_iso) }}) as int64)
    end
{%- endmacro %}

{#- Whether a feed gives a playing time at all: blank text, as of an empty cell, is none. Never null. -#}
{% macro minutes_are_given(minutes) -%}
    coalesce({{ matches(minutes, '[^[:space:]]') }}, false)
{%- endmacro %}

{#-
  Whether a row of player_game_summary is a game he took part in. Box scores list some who were called
  active and never entered; they would pull averages down. Unknown minutes count as playing.
-#}
{% macro took_part(box) -%}
    (coalesce({{ box }}.minutes_played > 0, true) or {{ box }}.fg_attempts > 0 or {{ box }}.points > 0)
{%- endmacro %}

{#- Whole seconds as minutes and seconds: '239:42'. -#}
{% macro clock_text(seconds) -%}
    concat(
            cast(cast(floor({{ seconds }} / 60.0) as int64) as string), ':', lpad(cast(mod({{ seconds }}, 60) as string), 2, '0')
        )
{%- endmacro %}

{#-
  How far two lines are apart, over all counts. A count that one leaves out contradicts nothing, unless it is `at_least`
  so much where it is left out: who is in no event has done nothing.
-#}
{% macro line_difference(one, other, counts, at_least=none) -%}
    {%- set apart = [] -%}
    {%- for count in counts -%}
        {%- set there = other ~ '.' ~ count -%}
        {%- set there = there if at_least is none else 'coalesce(' ~ there ~ ', ' ~ at_least ~ ')' -%}
        {%- do apart.append('coalesce(abs(' ~ one ~ '.' ~ count ~ ' - ' ~ there ~ '), 0)') -%}
    {%- endfor -%}
    ({{ apart | join(' + ') }})
{%- endmacro %}

{#- The counts of a player's line that feeds are compared by together, and that tell it to people. -#}
{% macro line_counts() -%}
    {{ return(['points', 'rebounds', 'assists', 'steals', 'blocks', 'turnovers', 'fg_attempts']) }}
{%- endmacro %}

{#- The others, which are compared one by one: most of them go up and down with a count of the line. -#}
{% macro other_line_counts() -%}
    {%- set others = [] -%}
    {%- for count in box_score_counts() if count not in line_counts() -%}
        {%- do others.append(count) -%}
    {%- endfor -%}
    {{ return(others) }}
{%- endmacro %}

{#-
  Whether two lines of a player are further apart than later corrections explain: over the counts of the line together, or in
  any other count alone. `at_least` as in line_difference(). Never null.
-#}
{% macro lines_are_apart(one, other, at_least=none) -%}
    (
            {{ line_difference(one, other, line_counts(), at_least) }} > {{ var('max_line_difference') }}
            {%- for count in other_line_counts() %}
            or {{ line_difference(one, other, [count], at_least) }} > {{ var('max_line_difference') }}
            {%- endfor %}
        )
{%- endmacro %}

{#- Minutes of a line for people, to the nearest one. -#}
{% macro whole_minutes(relation) -%}
    coalesce(cast(cast(round({{ relation }}.seconds_played / 60.0) as int64) as string), '?')
{%- endmacro %}

{#- The counts of a line as one text: '12/3/4'; a count that is null is 0. -#}
{% macro line_text(relation, counts) -%}
    concat(
            {%- for count in counts %}
            cast(coalesce({{ relation }}.{{ count }}, 0) as string){{ ", '/', " if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}

{#- The counts that differ, each with a comma before it: ', assists 31 for 23'. `at_least` as in line_difference(). -#}
{% macro counts_that_differ(one, other, counts, at_least=none) -%}
    concat(
            {%- for count in counts %}
            {%- set there = other ~ '.' ~ count %}
            {%- set there = there if at_least is none else 'coalesce(' ~ there ~ ', ' ~ at_least ~ ')' %}
            case
                when {{ one }}.{{ count }} <> {{ there }}
                    then concat(', {{ count }} ', cast({{ one }}.{{ count }} as string), ' for ', cast({{ there }} as string))
                else ''
            end{{ ',' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}

{#- The counts that differ, and minutes by more than rounding shows, as one text: 'assists 31 for 23, minutes 290 for 240'. -#}
{% macro what_differs(one, other, counts) -%}
    substr(concat(
            {{ counts_that_differ(one, other, counts) }},
            case
                when abs({{ one }}.seconds_played - {{ other }}.seconds_played) > {{ var('minutes_tolerance_seconds') }}
                    then concat(', minutes ', {{ whole_minutes(one) }}, ' for ', {{ whole_minutes(other) }})
                else ''
            end
        ), 3)
{%- endmacro %}

{#-
  What two lines differ in, for people, and whose the other is: both lines where their counts together are apart, else
  the other counts that differ. `at_least` as in line_difference().
-#}
{% macro how_lines_differ(one, other, feed, at_least=none) -%}
    case
            when {{ line_difference(one, other, line_counts(), at_least) }} > {{ var('max_line_difference') }}
                then concat(
                    '{{ line_counts() | join("/") }} ', {{ line_text(one, line_counts()) }},
                    ' where ', {{ feed }}, ' has ', {{ line_text(other, line_counts()) }}
                )
            else
                concat(
                    substr({{ counts_that_differ(one, other, other_line_counts(), at_least) }}, 3),
                    ' of ', {{ feed }}
                )
        end
{%- endmacro %}

{#- Wrong lines per game, team and feed, and what is said of them. -#}
{% macro wrong_lines() -%}
    select
        game_id,
        team_abbr,
        feed,
        count(*) as wrong_lines,
        concat(
            cast(count(*) as string), case when count(*) = 1 then ' wrong line' else ' wrong lines' end,
            ', the first: ', min(concat(player_lookup, ': ', problem))
        ) as said
    from {{ ref('int_line_evidence') }}
    where {{ in_window() }} and not may_be_held_back
    group by game_id, team_abbr, feed
{%- endmacro %}
