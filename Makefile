# make run: the desk of this checkout, at the address it prints.   make test: every check CI makes.
PYTHON ?= python3
BIN := .venv/bin
# CI runs the slow kinds too; elsewhere they are a word away: make test KINDS=all
KINDS ?= $(if $(CI),all,quick)
SELECT := $(if $(filter all,$(KINDS)),not bench,not bench and not fault and not e2e)

.PHONY: run test check quality bench lock clean

run: .venv/installed
	@$(BIN)/feeds run

test: check
	$(BIN)/pytest -n 2 -m "$(SELECT)" --cov --cov-report=term:skip-covered --cov-report=json:.coverage.json
	$(BIN)/python -m tests.coverage_floors .coverage.json

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# What is got right of labelled material, with every miss.
quality: .venv/installed-dev
	$(BIN)/python -m tests.quality

bench: .venv/installed-dev
	$(BIN)/python -m tests.bench

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Broadsheet needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

# The locks are complete, so pip has nothing to resolve: where a lock names "coverage" and a package wants
# "coverage[toml]", its resolver would look for a newer one and refuse it for want of a hash.
.venv/installed: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

# Both locks from pyproject.toml, with hashes and without the addresses of registries.
lock: .venv/installed-dev
	$(BIN)/python -m pip install -q pip-tools
	$(BIN)/pip-compile -q --no-header $(LOCK_OPTIONS) --extra build --extra alerts --extra fulltext -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --no-header $(LOCK_OPTIONS) --extra build --extra alerts --extra fulltext --extra dev -o requirements-dev.lock pyproject.toml

LOCK_OPTIONS := --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean:
	rm -rf .venv var dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
