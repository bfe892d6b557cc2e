# `make` alone lists the targets. Every target sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# The first month of 2021-22, unless START and END, or SEASON, say otherwise.
START ?= 2021-10-19
END ?= 2021-11-19
RANGE := $(if $(SEASON),--season $(SEASON),--start $(START) --end $(END))
# The first month needs no YES=1; anything else of more than 31 dates does, or a prompt.
IS_FIRST_MONTH := $(if $(SEASON),,$(if $(filter 2021-10-19/2021-11-19,$(START)/$(END)),1))
CONFIRMED := $(if $(or $(YES),$(IS_FIRST_MONTH)),--yes)
TABLES_OPTION := $(if $(TABLES),--tables $(TABLES))
WINDOW := --vars '{"start_date": "$(START)", "end_date": "$(END)"}'
KILLS ?= 100
TRIALS ?= 100
SEASONS ?= 1,5,20
IMAGE ?= fullcourt:latest

export DBT_SEND_ANONYMOUS_USAGE_STATS ?= false

.PHONY: help setup plan backfill status verify report build coverage test test-slow test-nightly kill-test kill-moments mixed-changes emulator bigquery-smoke image lint bench bench-scale docs wheel clean lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# The stamp is newer than the lock exactly when the environment was installed from it. Bytecode is compiled here and
# once: where none can be written later, compiling dbt anew took 2.8 to 4 CPU seconds of every command (2026-11).
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\]$$/p' requirements.lock > $(VENV)/uv.txt  # its lines of the lock, as pip checks hashes of all or none
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The project's own code is compiled whenever some of it is newer.
CODE = $(shell find python_processors -name '*.py') dbt_fullcourt.py fullcourt.py
$(VENV)/.compiled: $(VENV)/.installed $(CODE)
	@$(BIN)/python -m compileall -q -j0 python_processors dbt_fullcourt.py fullcourt.py
	@touch $@

setup: $(VENV)/.compiled ## install everything into .venv, as locked

plan: setup ## what a backfill of START to END, or SEASON=2021-22, would build, why and at what cost
	@$(BIN)/fullcourt plan $(RANGE) $(TABLES_OPTION) $(ARGS)

backfill: setup ## plan, run and verify START to END (default: the first month of 2021-22) or SEASON=; YES=1 confirms
	@$(BIN)/fullcourt backfill $(RANGE) $(TABLES_OPTION) $(CONFIRMED) $(ARGS)

status: setup ## rows, outcomes and hash coverage of every table; the run at work
	@$(BIN)/fullcourt status $(ARGS)

verify: setup ## check every stored row and date of START to END: PASS or FAIL
	@$(BIN)/fullcourt verify $(RANGE) $(ARGS)

report: setup ## one HTML page in target/: what can be trusted, what cannot, and why (of all dates; ARGS='--season 2021-22')
	@$(BIN)/fullcourt report $(ARGS)

build: setup ## plain dbt build of START to END, whatever is up to date
	$(BIN)/dbt build $(WINDOW)

coverage: setup ## rows expected and there, by table and outcome, START to END
	@$(BIN)/python -m python_processors.coverage --start $(START) --end $(END)

test: setup ## the tests; those on real games run when a raw archive is found
	$(BIN)/pytest -m "not slow"

test-slow: setup ## the tests that take minutes each: both seasons, a month's chain
	$(BIN)/pytest -m "slow and not nightly"

test-nightly: setup ## the tests too long for every change: kills, mixed changes, damaged warehouses, the local BigQuery server
	$(BIN)/pytest -m nightly

wheel: setup ## build dist/fullcourt-*.whl, which holds the dbt project
	$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist .

emulator: setup ## a local BigQuery server on port 9050, until Ctrl-C
	$(BIN)/python -m tests.emulator.server

bigquery-smoke: setup ## a first run on a real project, in scratch datasets (docs/bigquery.md)
	$(BIN)/python -m tests.bigquery.smoke

image: ## a container image of a daily run, IMAGE=name:tag (docs/bigquery.md)
	docker build --tag $(IMAGE) .

lint: setup ## sqlfluff, ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/lint_sql.py

bench: setup ## measure the hasher and a season's build; prints ratios
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.backfill
	$(BIN)/python -m benchmarks.commands

bench-scale: setup ## build 1, 5 and 20 simulated seasons (or SEASONS=1,2): time, memory and disk; takes hours
	$(BIN)/python -m benchmarks.scale --seasons $(SEASONS)

kill-test: setup ## kill a backfill KILLS times (default 100) and hold its claims; prints counts
	$(BIN)/python -m benchmarks.kill_backfill --kills $(KILLS)

kill-moments: setup ## kill backfill, retry, prepare and migrate at every step and write; prints counts
	$(BIN)/python -m benchmarks.kill_backfill --moments

mixed-changes: setup ## make TRIALS (default 100) mixed changes of a small warehouse, against builds from nothing
	$(BIN)/python -m benchmarks.mixed_changes --trials $(TRIALS) $(ARGS)

docs: setup ## one HTML page of every table and column, with lineage: target/static_index.html
	$(BIN)/dbt docs generate --static $(WINDOW)

lock: ## compile requirements.lock anew from pyproject.toml
	test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra dagster --generate-hashes --quiet --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock

clean: ## remove the environment, the database and everything built
	rm -rf $(VENV) .venv-emulator dist target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis data/fullcourt.duckdb* data/simulated
