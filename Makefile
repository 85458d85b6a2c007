# `make run` and `make test` do all the set-up on a fresh machine; everything else builds on the same environment.

PYTHON ?= python3
SETS ?= ../shared/data/dev
BIN := .venv/bin

.PHONY: run test coverage check bench measure mutation crashes readme lock clean help

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# The environments. The stamp is older than a requirements file exactly when the installation is.
.venv/run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fairwell needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.txt >&2
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2
	@touch $@

.venv/test: requirements/test.txt .venv/run
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/test.txt >&2
	@touch $@

run: .venv/run ## talk to Fairwell in this terminal (or pipe lines into it)
	@$(BIN)/fairwell chat

test: check ## all tests, the linter, the type checker and the import contracts
	@$(BIN)/pytest -n 2

coverage: .venv/test ## all tests, and which lines and branches none of them reaches
	@$(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered

check: .venv/test ## the linter, the type checker and the import contracts alone
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/test ## speed, memory, restart, the wording reader; the models' bill; a card on Discord and Slack
	@$(BIN)/python tools/bench.py
	@$(BIN)/python tools/bench_models.py
	@$(BIN)/python tools/bench_discord.py
	@$(BIN)/python tools/bench_slack.py

measure: .venv/run ## what the wording reader finds on the evaluation sets, beside the baselines
	@$(BIN)/fairwell measure --sets $(SETS)

mutation: .venv/test ## break the policy in every small way; what no test notices is listed
	@rm -rf mutants
	@$(BIN)/mutmut run && $(BIN)/mutmut results
	@$(BIN)/python -m tests.boundary.break_the_rules

crashes: .venv/test ## kill the bot at every step it takes, and look what the next start makes of it
	@$(BIN)/python -m tests.core.crash_walk
	@$(BIN)/python -m tests.adapters.slack.kills

readme: .venv/run ## write the generated parts of README.md
	@$(BIN)/python tools/readme.py

lock: .venv/test ## pin the newest allowed versions, with hashes, for every supported Python
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv >&2
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --group build pyproject.toml -o requirements/run.txt --upgrade
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --group build --group test --group mutation pyproject.toml -c requirements/run.txt -o requirements/test.txt --upgrade

clean: ## remove what the set-up made (never the database)
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .import_linter_cache mutants
