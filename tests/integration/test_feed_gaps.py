"""A feed that ends within the range is named by `status`, though no date lacks a row for it."""

from __future__ import annotations

from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse


def test_a_feed_that_ends_or_has_a_hole_is_named_with_its_dates(copy_of_confirmed_month: Warehouse) -> None:
    month = copy_of_confirmed_month
    assert as_json(month, "status", code=None)["feed_gaps"] == []
    days = [str(day) for (day,) in month.query("select game_date from nba_intermediate.dim_game_dates order by 1")]
    last = str(month.query("select max(game_date) from nba_raw.nbac_gamebook_player_stats")[0][0])
    played = [day for day in days if day <= last]
    month.execute(f"delete from nba_raw.nbac_injury_report where game_date >= '{played[-3]}'")
    month.execute(f"delete from nba_raw.odds_api_game_lines where game_date = '{played[4]}'")
    gaps = {gap["name"]: gap for gap in as_json(month, "status", code=1)["feed_gaps"]}
    assert gaps.keys() == {"nbac_injury_report", "odds_api_game_lines"}
    report, odds = gaps["nbac_injury_report"], gaps["odds_api_game_lines"]
    assert (report["dates"], report["of"], report["first"], report["last"]) == (3, len(played), played[-3], played[-1])
    assert (odds["dates"], odds["first"], odds["last"]) == (1, played[4], played[4])
    said = fullcourt(month, "status", code=1).output
    assert f"odds_api_game_lines: 1 of {len(played)}, {played[4]}: no game has a spread or a total" in said
