"""Changes of raw rows, of files, of the schedule and of reference data."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from tests.mixed_changes.league import END, START
from tests.mixed_changes.site import NotPossibleError, Site, kind, newer
from tests.raw_changes import COLUMNS, Change, one, other

DAYS = [START + timedelta(days=n) for n in range((END - START).days + 1)]
Rows = list[dict[str, Any]]


def _file(site: Site, rng: random.Random, table: str) -> Path:
    files = [path for path in site.raw_files(table) if pa_parquet.read_metadata(path).num_rows]
    if not files:
        raise NotPossibleError(f"{table} has no rows any more")
    return rng.choice(files)


def _row_changed(site: Site, rng: random.Random, how: str) -> str:
    table = rng.choice(sorted(COLUMNS))
    path = _file(site, rng, table)
    change = Change(table, how, rng.choice(DAYS), rng.randrange(100_000))
    write_change(change, path)
    return f"{change} in {path.name}"


def write_change(change: Change, path: Path) -> None:
    """Change a row of a raw file."""
    pa_parquet.write_table(change.applied(pa_parquet.read_table(path)), path)


@kind("raw")
def row_edited(site: Site, rng: random.Random) -> str:
    return _row_changed(site, rng, "edited")


@kind("raw")
def row_removed(site: Site, rng: random.Random) -> str:
    return _row_changed(site, rng, "deleted")


@kind("raw")
def row_doubled(site: Site, rng: random.Random) -> str:
    return _row_changed(site, rng, "doubled")


@kind("raw")
def row_added(site: Site, rng: random.Random) -> str:
    return _row_changed(site, rng, "added")


@kind("raw")
def players_of_a_game_removed(site: Site, rng: random.Random) -> str:
    """A box score that the source took back as a whole."""
    path = _file(site, rng, "nbac_gamebook_player_stats")
    rows = pa_parquet.read_table(path)
    game = rng.choice(sorted(set(rows["game_id"].to_pylist())))
    kept = [row for row in rows.to_pylist() if row["game_id"] != game]
    pa_parquet.write_table(pa.Table.from_pylist(kept, schema=rows.schema), path)
    return f"no gamebook of {game}"


@kind("file")
def late_correction(site: Site, rng: random.Random) -> str:
    """One row again, corrected, in a file that came later."""
    table = rng.choice(sorted(COLUMNS))
    path = _file(site, rng, table)
    rows = pa_parquet.read_table(path)
    (row,) = rows.slice(rng.randrange(rows.num_rows), 1).to_pylist()
    column = rng.choice(COLUMNS[table][0])
    row[column] = other(rows, column, row[column])
    row["processed_at"] += timedelta(days=1)
    late = path.parent / f"late_{rng.randrange(1000)}" / path.name
    late.parent.mkdir(exist_ok=True)
    pa_parquet.write_table(one(rows, row), late)
    newer(late, path)
    return f"{table}: {column} is {row[column]} in {late.relative_to(site.raw)}"


@kind("file")
def file_moved(site: Site, rng: random.Random) -> str:
    path = rng.choice(site.raw_files())
    to = site.raw / f"moved_{rng.randrange(1000)}" / path.name
    to.parent.mkdir(exist_ok=True)
    path.rename(to)
    return f"{path.relative_to(site.raw)} to {to.relative_to(site.raw)}"


@kind("file")
def folder_renamed_and_row_edited(site: Site, rng: random.Random) -> str:
    """An archive that was laid out anew, and corrected in its new place."""
    folder = rng.choice(sorted(path for path in site.raw.iterdir() if path.is_dir()))
    to = folder.with_name(f"{folder.name}_{rng.randrange(1000)}")
    folder.rename(to)
    return f"{folder.name} to {to.name}, then {_row_changed(site, rng, 'edited')}"


@kind("file")
def file_split(site: Site, rng: random.Random) -> str:
    path = _file(site, rng, rng.choice(sorted(COLUMNS)))
    rows, time = pa_parquet.read_table(path), path
    at = rng.randrange(rows.num_rows)
    rest = path.parent / f"rest_{rng.randrange(1000)}" / path.name
    rest.parent.mkdir(exist_ok=True)
    pa_parquet.write_table(rows.slice(at), rest)
    newer(rest, time)
    pa_parquet.write_table(rows.slice(0, at), path)
    return f"{path.name} after {at} of {rows.num_rows} rows"


@kind("file")
def file_written_anew(site: Site, rng: random.Random) -> str:
    """Equal rows, other bytes."""
    path = rng.choice(site.raw_files())
    pa_parquet.write_table(pa_parquet.read_table(path), path, compression="gzip")
    return path.name


@kind("file")
def file_gone(site: Site, rng: random.Random) -> str:
    path = _file(site, rng, rng.choice(["odds_api_player_points_props", "nbac_injury_report", "bdl_player_boxscores"]))
    path.unlink()
    return path.name


@kind("file")
def file_cut_short(site: Site, rng: random.Random) -> str:
    path = _file(site, rng, rng.choice(sorted(COLUMNS)))
    rows = pa_parquet.read_table(path)
    left = rng.randrange(rows.num_rows)
    pa_parquet.write_table(rows.slice(0, left), path)
    return f"{path.name}: {left} of {rows.num_rows} rows are left"


def _schedule(site: Site, rng: random.Random, change: Callable[[Rows, dict[str, Any]], str]) -> str:
    """Change the schedule's rows around a game that was played."""
    path = _file(site, rng, "nbac_schedule")
    table = pa_parquet.read_table(path)
    rows = table.to_pylist()
    played = [row for row in rows if row["game_status"] == 3 and str(row["game_id"]).startswith("002")]
    if not played:
        raise NotPossibleError("no game was played any more")
    said = change(rows, rng.choice(played))
    pa_parquet.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return said


def _moved(row: dict[str, Any], days: int) -> None:
    row["game_date"] += timedelta(days=days)
    for name in ("game_datetime_utc", "game_date_est"):
        row[name] += timedelta(days=days)


@kind("schedule")
def game_on_another_day(site: Site, rng: random.Random) -> str:
    def change(rows: Rows, game: dict[str, Any]) -> str:
        days = rng.choice([-1, 1, 2])
        _moved(game, days)
        return f"{game['game_id']} moved by {days} days to {game['game_date']}"

    return _schedule(site, rng, change)


@kind("schedule")
def game_postponed(site: Site, rng: random.Random) -> str:
    def change(rows: Rows, game: dict[str, Any]) -> str:
        _moved(game, 40)
        game.update(game_status=1, home_team_score=None, away_team_score=None)
        return f"{game['game_id']} is to be played on {game['game_date']}"

    return _schedule(site, rng, change)


@kind("schedule")
def game_removed(site: Site, rng: random.Random) -> str:
    def change(rows: Rows, game: dict[str, Any]) -> str:
        rows.remove(game)
        return f"{game['game_id']} of {game['game_date']}"

    return _schedule(site, rng, change)


@kind("schedule")
def game_added(site: Site, rng: random.Random) -> str:
    """One that is to come, or was played and is in no other feed."""

    def change(rows: Rows, game: dict[str, Any]) -> str:
        new = {**game, "game_id": f"00221{rng.randrange(9000, 9999):05d}"}
        _moved(new, rng.choice([0, 1, (date(2021, 11, 20) - game["game_date"]).days]))
        if new["game_date"] > END:
            new.update(game_status=1, home_team_score=None, away_team_score=None)
        rows.append(new)
        return f"{new['game_id']} on {new['game_date']}, status {new['game_status']}"

    return _schedule(site, rng, change)


@kind("schedule")
def score_corrected(site: Site, rng: random.Random) -> str:
    def change(rows: Rows, game: dict[str, Any]) -> str:
        game["home_team_score"] = (game["home_team_score"] or 0) + 3
        return f"{game['game_id']}: home team has {game['home_team_score']}"

    return _schedule(site, rng, change)


def _reference(site: Site, rng: random.Random, table: str, change: Callable[[Rows], str]) -> str:
    path = _file(site, rng, table)
    held = pa_parquet.read_table(path)
    rows = held.to_pylist()
    said = change(rows)
    pa_parquet.write_table(pa.Table.from_pylist(rows, schema=held.schema), path)
    return said


@kind("reference")
def alias_added(site: Site, rng: random.Random) -> str:
    def change(rows: Rows) -> str:
        names = pa_parquet.read_table(_file(site, rng, "bdl_player_boxscores"))["player_lookup"].to_pylist()
        alias, player = rng.sample(sorted(set(names)), 2)
        rows.append({**rows[0], "alias_lookup": alias, "nba_canonical_lookup": player, "is_active": True})
        return f"{alias} is {player}"

    return _reference(site, rng, "player_aliases", change)


@kind("reference")
def alias_removed(site: Site, rng: random.Random) -> str:
    def change(rows: Rows) -> str:
        return str(rows.pop(rng.randrange(len(rows)))["alias_lookup"])

    return _reference(site, rng, "player_aliases", change)


@kind("reference")
def player_born_earlier(site: Site, rng: random.Random) -> str:
    def change(rows: Rows) -> str:
        names = set(pa_parquet.read_table(_file(site, rng, "nbac_gamebook_player_stats"))["player_lookup"].to_pylist())
        row = rng.choice([row for row in rows if row["player_lookup"] in names and row["birth_date"]] or rows)
        row["birth_date"] = date(1980, 1, 1) if row["birth_date"] != date(1980, 1, 1) else date(1981, 1, 1)
        return str(row["player_lookup"])

    return _reference(site, rng, "nba_players_registry", change)


@kind("reference")
def player_not_registered(site: Site, rng: random.Random) -> str:
    def change(rows: Rows) -> str:
        names = set(pa_parquet.read_table(_file(site, rng, "nbac_gamebook_player_stats"))["player_lookup"].to_pylist())
        known = [number for number, row in enumerate(rows) if row["player_lookup"] in names]
        return str(rows.pop(rng.choice(known or [0]))["player_lookup"])

    return _reference(site, rng, "nba_players_registry", change)


@kind("reference")
def birth_date_unknown(site: Site, rng: random.Random) -> str:
    def change(rows: Rows) -> str:
        row = rng.choice([row for row in rows if row["team_abbr"] in ("BOS", "NYK", "DEN", "LAL")] or rows)
        row["birth_date"] = None
        return str(row["player_lookup"])

    return _reference(site, rng, "nba_players_registry", change)
