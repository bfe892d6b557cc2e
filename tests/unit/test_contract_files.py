"""A wrong contract file is refused with one message: the file, the line, and what is allowed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from python_processors.cli import app
from python_processors.contract import (
    PROJECT_ROOT,
    ContractType,
    contract_file,
    files,
    hashed_tables,
    load_contract,
    parse_contract,
)
from python_processors.contract.raw import SOURCES_FILE, parse_raw_tables, raw_tables
from python_processors.errors import ContractError
from python_processors.jobs import load_processor, run_processor
from python_processors.schema.tables import OPS_FILE, parse_ops_tables, stored_tables
from python_processors.simulation.teams import ABBREVIATIONS
from python_processors.yaml_files import read_yaml

TABLE = "player_composite_factors"
TEXT = contract_file(TABLE).read_text(encoding="utf-8")
RAW = SOURCES_FILE.read_text(encoding="utf-8")
OPS = OPS_FILE.read_text(encoding="utf-8")


def test_no_spelling_of_a_team_is_the_code_of_a_team() -> None:
    rows = list(
        csv.DictReader((PROJECT_ROOT / "seeds" / "team_spellings.csv").read_text(encoding="utf-8").splitlines())
    )
    assert {row["team_abbr"] for row in rows} <= set(ABBREVIATIONS)
    assert not {row["spelling"] for row in rows} & set(ABBREVIATIONS)


def refused(text: str, old: str, new: str) -> str:
    """What is said of the file with one edit, without its beginning; the line is that of the edit."""
    assert old in text
    if text is TEXT:
        file, read = contract_file(TABLE), parse_contract
    else:
        file, read = (SOURCES_FILE, parse_raw_tables) if text is RAW else (OPS_FILE, parse_ops_tables)
    with pytest.raises(ContractError) as caught:
        read(text.replace(old, new, 1).encode(), file)
    where, _, said = str(caught.value).partition(": ")
    assert where.removeprefix(f"Contract of `{TABLE}`, ").startswith(f"{file.relative_to(PROJECT_ROOT)}, line ")
    place = text.index(old) + len(old) - len(old.lstrip("\n"))
    assert abs(int(where.rpartition(" ")[2]) - text.count("\n", 0, place) - 1) <= new.count("\n") + 1, where
    return said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("data_type: INT64", "data_type: TEXT", "`TEXT` is no contract type; there are INT64, BOOL"),
        ("data_type: INT64", "data_type: [INT64]", "`data_type` must be text, and is a list"),
        ("data_type: INT64", "data_type:", "`data_type` must be text, and is empty"),
        ("NUMERIC(4,1)", "NUMERIC(16,1)", "a precision of at most 15"),
        ("NUMERIC(4,1)", "NUMERIC(4,5)", "use a scale of 1 to 4"),
        ("NUMERIC(4,1)", "ARRAY<ARRAY<STRING>>", "no arrays of arrays"),
        ("NUMERIC(4,1)", "ARRAY<JSON>", "a JSON holds an array itself"),
        ("NUMERIC(4,1)", "JSON", "is a JSON, of which BigQuery keeps neither the order of keys nor the text"),
        ("NUMERIC(4,1)", "FLOAT64", "`FLOAT64` needs `config.meta.scale`, the decimals that its values"),
        ("{max_null_rate: 0.3}", "{max_null_rate: 0.3, scale: 1}", "`scale` is of FLOAT64 and ARRAY<FLOAT64> alone"),
        ("key: [game_date, player_lookup]", "key: [game_date, player]", "key names no column: player. The columns are"),
        ("key: [game_date, player_lookup]", "key: [player_lookup, player_lookup]", "named twice: player_lookup"),
        ("key: [game_date, player_lookup]", "key: game_date", "`key` must be a list, and is game_date"),
        ("key: [game_date, player_lookup]", "key: [game_date, game_id]", "besides game_id and the partition"),
        ("key: [game_date, player_lookup]", "key: [pace_context_json]", "which is not hashed"),
        ("partition_by: game_date", "partition_by: day", "partition names no column: day. The columns are"),
        ("partition_by: game_date", "partition_by: game_id", "partitioned by a DATE, and game_id is STRING"),
        ("partition_by: game_date", "partition: game_date", "(`partition_by`?); it may have processor, key"),
        ("cluster_by: [player_lookup,", "cluster_by: [player,", "`cluster_by` names no column: player"),
        ("cluster_by: [player_lookup,", "cluster_by: [game_date,", "named twice: game_date"),
        ("- name: game_id", "- name: game_date", "column named twice: game_date"),
        ("- name: game_id", "- name: Game_id", "is no name: lower-case letters"),
        ("- name: game_id", "- game_id:", "it may have name, data_type, description"),
        ("  - name: player_composite_factors", "  - name: other", "and the model is called other"),
        ("{max_null_rate: 0.3}", "{needs: nothing}", "needs nothing, which is no optional raw input; there are"),
        ("{max_null_rate: 0.3}", "{max_null_rate: 3}", "less than or equal to 1"),
        ("{max_null_rate: 0.3}", "{max_null_rate: '0.3'}", "`max_null_rate` must be a number, and is 0.3"),
        ("{max_null_rate: 0.3}", "{max_nul_rate: 0.3}", "(`max_null_rate`?); it may have required"),
        ("{required: true}", "{required: 1}", "`required` must be true or false, and is 1"),
        ("    config:\n      meta:", "    config:\n      mata:", "has mata, which is no key here (`meta`?); it may have"),
        ("    config:\n      meta:", "    config: null\n    confug:\n      meta:", "which is no key here (`config`?)"),
        ("version: 2", "version: 3", "no version is called 3; there are 2"),
        ("version: 2", "version: 2\nversion: 2", "key `version` stands twice"),
        ("models:", "models: []\nunit_tests:", "the file must describe player_composite_factors once"),
        ("models:", "model:", "has model, which is no key here (`models`?)"),
        ("        cluster_by:", "\tcluster_by:", "Indent with spaces"),
        ("{from: dim_game_dates}", "{from: dim_game_date}", "no relation is called dim_game_date; a read names a model"),
        ("{from: dim_game_dates}", "{form: dim_game_dates}", "it may have from, window, size, as, by"),
        ("{from: dim_game_dates}", "{window: whole}", "an entry of `reads` has no `from`"),
        ("{from: dim_game_dates}", "dim_game_dates", "an entry of `reads` must be a mapping of keys"),
        ("{from: dim_game_dates}", "{from: upcoming_player_game_context}", "is there twice"),
        ("{from: dim_game_dates}", "{from: player_composite_factors}", "its own rows of the same date"),
        ("{from: dim_game_dates}", "{from: dim_game_dates, columns: [game_day]}", "has no column game_day; it has"),
        ("{from: dim_game_dates}", "{from: dim_game_dates, except: [game_day]}", "has no column game_day; it has"),
        ("{from: dim_game_dates}", "{from: nbac_schedule, by: team, window: whole}", "`nbac_schedule` has no column team"),
        ("{from: dim_game_dates}", "{from: dim_games, of: dim_players}", "say where a `by` is looked up, and it has none"),
        ("{from: dim_game_dates}", "{from: dim_games, by: game_id, of: dim_nothing}", "no relation is called dim_nothing"),
        ("{from: dim_game_dates}", "{from: dim_games, by: game_id, of: dim_players}", "`dim_players` has no column game_id"),
        ("{from: dim_game_dates}", "{from: dim_games, by: game_id, of_column: game}", "has no column game; it has"),
        ("window: season_before", "window: season", "no window is called season; there are 'same_date', 'days'"),
        ("window: season_before", "window: days", "`days` and `games` need a size"),
        ("window: season_before", "window: season_before\n            size: 5", "other windows have no size"),
        ("window: season_before", "window: days\n            size: many", "the size of the read of"),
        ("window: season_before", "window: days\n            size: 0", "`size` is 0"),
        ("{from: completeness_exceptions, window: whole}", "{from: completeness_exceptions, window: whole, by: [x]}", "`by` must be text"),
        ("factors.summarise", "factors.sumarise", "has no sumarise; it has"),
        ("processors.player_composite_factors.s", "processors.player_factors.s", "there is no module"),
        ("python_processors.processors.player_composite_factors.summarise", "summarise", "not of the form package.module.function"),
        ("processor: python", "# processor: python", "`config.meta` needs a `processor`"),
        ("- name: data_hash\n        data_type: STRING", "- name: data_hash\n        data_type: INT64", "written at publish as STRING"),
        ("version: 2", "version: &two 2\nexposures: *two", "no aliases"),
        ("version: 2", "version: 2\n<<: {exposures: []}", "no merges"),
        ("version: 2", "version: !two 2", "no tags"),
        ("version: 2", "version: 2\n1: x", "a key must be text"),
        ("version: 2", "version: 2021-13-45", "cannot be read"),
        ("version: 2", "version: 2\x07", "control character"),
    ],
)  # fmt: skip
def test_a_wrong_contract_names_its_line_and_what_is_allowed(old: str, new: str, said: str) -> None:
    assert said in refused(TEXT, old, new)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "text", "3", "true", "- a", "models:", "models: 3", "models: [3]", "models: {a: b}"]
)
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    for file, read in (
        (contract_file(TABLE), parse_contract),
        (SOURCES_FILE, parse_raw_tables),
        (OPS_FILE, parse_ops_tables),
    ):
        with pytest.raises(ContractError, match=f"{file.relative_to(PROJECT_ROOT)}, line 1: "):
            read(text.encode(), file)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        TEXT.encode("utf-16"),
        TEXT.encode() + b"\xe9",
        b"[" * 200_000,
        b"- " * 200_000,
        b"{a: " * 900 + b"}" * 900,
    ],
)
def test_text_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError, match=r"models/precompute/player_composite_factors.yml, line \d+: "):
        parse_contract(data, contract_file(TABLE))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("data_type: INT64", "data_type: INTEGER", "INTEGER is no raw type; there are STRING, INT64, FLOAT64"),
        ("{name: season_year,", "{name: game_id,", "named twice: game_id"),
        ("{name: season_year,", "{nam: season_year,", "(`name`?); it may have name, data_type"),
        ("partition_by: game_date", "partition_by: day", "must be one of its DATE columns: game_date"),
        ("partition_by: game_date", "partition_by: game_id", "must be one of its DATE columns: game_date"),
        (
            "counts_for_days: roster_days",
            "counts_for_days: rooster_days",
            "a whole number from 1 to 10,000, or a var of",
        ),
        ("counts_for_days: roster_days, ", "", "needs a column game_date of type DATE: the date that a row is of"),
        ("partition_by: roster_date, counts", "counts", "counts from a partition, and `partition_by` names none"),
        ('{optional: "no column holds it"}', "{optional: true}", "`optional` must be text, and is true"),
        (
            '{optional: "no column holds it"}',
            "{required: true}",
            "has required, which is no key here; it may have optional",
        ),
        ("- name: nbac_gamebook_player_stats", "- name: nbac_schedule", "raw table named twice: nbac_schedule"),
        ("- name: nba_raw", "- name: nba_feeds", "`schema` must end in the source's name, nba_feeds"),
    ],
)
def test_a_wrong_raw_contract_names_its_line_and_what_is_allowed(old: str, new: str, said: str) -> None:
    assert said in refused(RAW, old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("data_type: INT64", "data_type: FLOAT", "`FLOAT` is no contract type; there are INT64"),
        ("partition_by: game_date", "partition_by: run_id", "must be a DATE or TIMESTAMP of it: "),
        ("cluster_by: [table_name, run_id]", "cluster_by: [table]", "names no column: table"),
        ("{partition_by: game_date, ", "{", "`meta` has no `partition_by`"),
        ("{required: true}", "{required: null}", "`required` must be true or false, and is empty"),
        (
            "- name: publish_ledger",
            "- name: publish_ledger\n        tables: []",
            "it may have name, description, config",
        ),
    ],
)
def test_a_wrong_table_of_runs_names_its_line_and_what_is_allowed(old: str, new: str, said: str) -> None:
    assert said in refused(OPS, old, new)


def test_a_table_that_a_file_lost_is_named_when_it_is_needed() -> None:
    with pytest.raises(ContractError, match=r"models/staging/_sources.yml, line 1: no table is called nbac_games"):
        raw_tables()["nbac_games"]
    with pytest.raises(ContractError, match=r"models/ops/_sources.yml, line 1: there is no nba_ops.ledger"):
        stored_tables()["nba_ops.ledger"]
    with pytest.raises(ContractError, match="column nothing is needed"):
        stored_tables()["nba_ops.publish_ledger"].column("nothing")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of models of a made-up project."""
    for folder in ("analytics", "precompute"):
        (tmp_path / folder).mkdir()
    for name in ("a.sql", "a.yml", "b.sql", "b.yml"):
        (tmp_path / "analytics" / name).touch()
    monkeypatch.setattr(files, "MODELS", tmp_path)
    files._files.cache_clear()
    hashed_tables.cache_clear()
    yield tmp_path
    files._files.cache_clear()
    hashed_tables.cache_clear()


@pytest.mark.parametrize(
    ("made", "gone", "said"),
    [
        ("precompute/a.yml", None, "two files describe it: .*analytics/a.yml and .*precompute/a.yml"),
        ("analytics/a.yaml", None, "two files describe it"),
        (None, "analytics/a.yml", "a.sql has no contract. Write a.yml beside it"),
        (None, "analytics/b.sql", "b.yml: a contract lies beside its model, b.sql"),
        ("elsewhere/a.yml", "analytics/a.yml", "a contract lies beside its model"),
    ],
)
def test_each_table_has_one_file_beside_its_model(project: Path, made: str, gone: str, said: str) -> None:
    assert hashed_tables() == ("a", "b")
    if made:
        (project / made).parent.mkdir(exist_ok=True)
        (project / made).touch()
    if gone:
        (project / gone).unlink()
    files._files.cache_clear()
    hashed_tables.cache_clear()
    with pytest.raises(ContractError, match=said):
        hashed_tables()


def test_a_file_that_is_gone_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.yml"):
        with pytest.raises(ContractError, match="the file cannot be read"):
            read_yaml(path)


def test_a_type_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="no arrays of arrays"):
        ContractType.parse("ARRAY<" * 5_000 + "INT64" + ">" * 5_000)


@pytest.mark.parametrize(
    "processor", ["python_processors.no_such_module.summarise", "python_processors.jobs.no_such", "json.__doc__"]
)
def test_a_processor_that_cannot_be_imported_is_an_error_of_its_contract(processor: str) -> None:
    with pytest.raises(ContractError, match=rf"models/precompute/{TABLE}.yml, line \d+: processor `{processor}`"):
        load_processor(processor, TABLE)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> str:
    """The message of a contract file that lost its mapping."""
    monkeypatch.setattr(files, "read_bytes", lambda path: b"[]")
    load_contract.cache_clear()
    stored_tables.cache_clear()
    yield "line 1: the file must be a mapping of keys, and is a list."
    load_contract.cache_clear()
    stored_tables.cache_clear()


@pytest.mark.parametrize(
    "command",
    ["plan --season 2021-22", "status", "gaps", "verify", "report", "retry", "prepare", "migrate --dry-run",
     "explain player_game_summary 2021-10-19", "backfill --season 2021-22 --yes"],
)  # fmt: skip
def test_each_command_says_it_and_ends_with_2(
    command: str, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path / "fullcourt.duckdb"))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    said = CliRunner().invoke(app, [*command.split(), "--json"])
    assert said.exit_code == 2
    assert broken in json.loads(said.stdout)["error"]


def test_a_node_of_dbt_fails_with_it(broken: str) -> None:
    with pytest.raises(ContractError, match=broken):
        run_processor(None, {"table": TABLE})  # run_job() hands it on as the node's error
