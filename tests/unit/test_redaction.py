"""No form of secret that is in use leaves the process, and what is none stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors import redaction
from python_processors.errors import FullcourtError
from python_processors.orchestration import dbt_calls
from python_processors.redaction import without_secrets
from tests.warehouse import environment

HIDDEN = "s3cr3tS3cr3tS3cr3tS3cr3t"
# Spelled in two parts, so that no scanner takes this file for a leak.
SLACK, GITHUB, AWS, GOOGLE, STRIPE, JWT = (
    "xox" + "b-",
    "gh" + "p_",
    "AK" + "IA",
    "ya" + "29.",
    "sk_" + "live_",
    "ey" + "J",
)
BEGIN, END = "-----BEGIN RSA PRIVATE " + "KEY-----", "-----END RSA PRIVATE " + "KEY-----"
FORMS = (
    f"token={HIDDEN}",
    f"GET /x?access_token={HIDDEN}&page=2",
    f"password={HIDDEN}",
    f"password: {HIDDEN}",
    f"Password = '{HIDDEN} with blanks'",
    f'{{"password": "{HIDDEN}"}}',
    f'{{\\"client_secret\\": \\"{HIDDEN} x\\"}}',
    f"{{'api_key': '{HIDDEN}'}}",
    f"api-key={HIDDEN}",
    f"X-API-Key: {HIDDEN}",
    f"Authorization: Bearer {HIDDEN}",
    f"authorization: Basic {HIDDEN}==",
    f"headers={{'Authorization': 'Token {HIDDEN}'}}",
    f"Cookie: session={HIDDEN}; theme=dark",
    f"PGPASSWORD={HIDDEN} psql",
    f"db_pass={HIDDEN}",
    f"MY_DB_PASSWD={HIDDEN}",
    f"fullcourt --password {HIDDEN} --yes",
    f"create user u identified by '{HIDDEN}'",
    f"postgresql://user:{HIDDEN}@host:5432/db",
    f"https://user:{HIDDEN}@host/path",
    f"Server=db;User Id=u;Password={HIDDEN};Encrypt=yes",
    f"AccountName=a;AccountKey={HIDDEN}==;EndpointSuffix=core.windows.net",
    f"https://a.blob.core.windows.net/c/f?sv=2022&se=2030&sig={HIDDEN}%3D&sp=r",
    f"https://b.s3.amazonaws.com/k?X-Amz-Credential={HIDDEN}&X-Amz-Signature={HIDDEN}",
    f"https://storage.googleapis.com/b/o?X-Goog-Signature={HIDDEN}",
    f"aws_secret_access_key = {HIDDEN}",
    f"aws_access_key_id={HIDDEN}",
    f"{AWS}S3CR3TS3CR3TS3CR",
    f"{GOOGLE}{HIDDEN}",
    f"{GITHUB}{HIDDEN}{HIDDEN}",
    f"{SLACK}123-{HIDDEN}",
    f"{STRIPE}{HIDDEN}",
    f"{JWT}hbGciOiJIUzI1NiJ9.{HIDDEN}.{HIDDEN}",
    f"{BEGIN}\n{HIDDEN}\n{END}",
    f"a log that ends in {BEGIN}\n{HIDDEN}",
    f"https://hooks.slack.com/services/T0/B0/{HIDDEN}",
    f"https://discord.com/api/webhooks/1234/{HIDDEN}",
    f"https://acme.webhook.office.com/webhookb2/{HIDDEN}@x/IncomingWebhook/y",
    f"https://prod-1.westeurope.logic.azure.com/workflows/{HIDDEN}/triggers",
    f"https://api.telegram.org/bot123:{HIDDEN}/sendMessage",
    f"https://chat.googleapis.com/v1/spaces/A/messages?key={HIDDEN}&token={HIDDEN}",
    f"https://git.example.org/hooks/{HIDDEN}",
    f"slack://T0/B0/{HIDDEN}/#channel",
    f"tgram://123:{HIDDEN}/456",
    f"mailtos://me:{HIDDEN}@example.org",
    f"pover://user@{HIDDEN}",
)
PLAIN = (
    "BigQuery: a permission is missing (project p, dataset nba_raw, location us-west2). Grant the role.",
    "player_game_summary of 2021-10-20 is partial: 1 row held back, the first: unknown player: lucavildoza",
    "data_hash 3f2a9c0d1e4b5a67 is not the hash of the stored columns",
    "https://cloud.google.com/bigquery/docs/reference/rest",
    "gs://bucket/nba/2021-22/nbac_schedule.parquet and file:///tmp/a.parquet",
    "Run `gcloud auth application-default login`, or point FULLCOURT_BIGQUERY_KEYFILE at a service account's key.",
    'Duplicate key "game_id: 20211020_ATL_MIA" violates primary key constraint',
    "key columns: game_id, player_lookup",
    "Partial parsing: updated file: fullcourt://models/ops/coverage.sql",
    "Done. PASS=10 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=10",
    "verify: PASS: 3 excused",
    "invalid_grant: Token has been expired or revoked.",
    "Basic information of 2021-22 lacks a bearer",
    "password authentication failed for user nobody",
    "select player_lookup, points from nba_raw.bdl_player_boxscores where game_date = date '2021-10-20'",
    "test unique_key_player_game_summary: Got 2 results, configured to fail if != 0",
)


@pytest.mark.parametrize("text", FORMS)
def test_a_secret_is_taken_out_whole(text: str) -> None:
    said = without_secrets(text)
    assert "s3cr3t" not in said.lower()
    assert "[secret]" in said


@pytest.mark.parametrize("text", FORMS)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert without_secrets(without_secrets(text)) == without_secrets(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@given(
    st.lists(
        st.sampled_from((*FORMS, *PLAIN, *redaction._NAME_HINTS, "=", ": ", "--", "'x'", "A" * 24, "\u017f", "\n", "-", "_")),
        max_size=8,
    ),
    st.sampled_from((str, str.upper, str.lower, str.swapcase)),
)  # fmt: skip
def test_no_rule_matches_a_text_without_one_of_its_hints(pieces: list[str], spelled: Callable[[str], str]) -> None:
    text = spelled("".join(pieces))
    for pattern, _, hints in redaction._RULES:
        assert not pattern.search(text) or not text.isascii() or any(hint in text.lower() for hint in hints)


def test_what_stands_around_a_secret_stays() -> None:
    said = without_secrets(
        f"could not post to https://hooks.slack.com/services/T0/B0/{HIDDEN}: 404, token={HIDDEN}, again"
    )
    assert said == "could not post to https://hooks.slack.com/[secret]: 404, token=[secret], again"


def test_each_error_of_ours_is_redacted_wherever_it_is_shown() -> None:
    error = FullcourtError(f"the server said: password={HIDDEN}")
    assert str(error) == "the server said: password=[secret]"


def test_dbts_own_log_holds_no_secret(tmp_path: Path) -> None:
    """dbt writes down the vars that it was called with, and the error that quotes them."""
    with environment(DBT_LOG_PATH=str(tmp_path / "logs")):
        dbt_calls.ask_dbt("parse", ["--log-level-file", "debug"], {"start_date": f"token={HIDDEN}", "end_date": "x"})
    written = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "logs").iterdir())
    assert "token=[secret]" in written
    assert HIDDEN not in written


def test_a_long_text_takes_no_longer_than_it_is_long() -> None:
    started = time.process_time()
    without_secrets("a1_-." * 100_000 + "password" * 10_000)
    assert time.process_time() - started < 5
