# `make` alone lists the targets. Every target sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
START ?= 2021-10-19
END ?= 2021-11-19
WINDOW := --vars '{"start_date": "$(START)", "end_date": "$(END)"}'

export DBT_SEND_ANONYMOUS_USAGE_STATS ?= false

.PHONY: help setup backfill build coverage test emulator bigquery-smoke lint bench docs clean lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# The stamp is newer than the lock exactly when the environment was installed from it.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.lock)"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.installed ## install everything into .venv, as locked

backfill: setup ## build and test START to END (default: the first month of 2021-22) on DuckDB
	FULLCOURT_TARGET=duckdb $(BIN)/dbt build $(WINDOW)
	@$(BIN)/python -m python_processors.summary --start $(START) --end $(END)

build: setup ## the same as backfill, for the target in FULLCOURT_TARGET
	$(BIN)/dbt build $(WINDOW)

coverage: setup ## rows expected and there, by table and outcome, START to END
	@$(BIN)/python -m python_processors.coverage --start $(START) --end $(END)

test: setup ## all tests; those on real games run when a raw archive is found
	$(BIN)/pytest

emulator: setup ## a local BigQuery server on port 9050, until Ctrl-C
	$(BIN)/python -m tests.emulator.server

bigquery-smoke: setup ## a first run on a real project, in scratch datasets (docs/bigquery.md)
	$(BIN)/python -m tests.bigquery.smoke

lint: setup ## sqlfluff, ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/lint_sql.py

bench: setup ## measure the hasher and a season's build; prints ratios
	$(BIN)/python -m benchmarks.bench

docs: setup ## dbt's documentation site in target/
	$(BIN)/dbt docs generate $(WINDOW)

lock: ## compile requirements.lock anew from pyproject.toml
	test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv pip compile pyproject.toml --extra dev --quiet --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock

clean: ## remove the environment, the database and everything built
	rm -rf $(VENV) .venv-emulator target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis data/fullcourt.duckdb data/fullcourt.duckdb.wal data/simulated
