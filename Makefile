# Every command of the project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROCESSES ?= 2
# A file's tests stay together, since they share a console; whole files go to whoever is free.
PARALLEL := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
# Not again on the server stack: pure rules, browser journeys, the pages' words, checks of the code itself.
SERVER_TESTS := $(addprefix tests/,accounts architecture/test_query_plans.py billing contract devtools faults \
	gateway lib provisioning server steering support sync workspaces)
# Rules about the product that need it running are left to `make test`; `make check` reads the code and the documents.
RUNNING_CHECKS := test_masked_channels.py test_query_plans.py test_tenancy.py test_tenancy_api.py test_tenancy_live.py
REQUIREMENTS := deploy/requirements
# A stamp carries its lock file's checksum, so that another lock file means another installation.
checksum = $(shell cksum < $(REQUIREMENTS)/$(1).txt | cut -d ' ' -f 1)
RUN_STAMP := $(VENV)/.installed-base-$(call checksum,base)
DEV_STAMP := $(VENV)/.installed-dev-$(call checksum,dev)
BENCH_STAMP := $(VENV)/.installed-bench-$(call checksum,bench)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps

.DEFAULT_GOAL := help
.PHONY: help run run-servers install install-dev check check-types check-rules test test-embedded test-servers prove bench format migrations clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## make what is missing and serve (HOST, PORT, OPENCODE_DATA_DIR)
	@exec $(BIN)/python manage.py serve

run-servers: $(DEV_STAMP) ## the same on MariaDB, Redis and S3, started privately
	@exec $(BIN)/python manage.py run_servers

install: $(RUN_STAMP) ## the environment to run with
install-dev: $(DEV_STAMP) ## the environment to develop and test with

check: $(DEV_STAMP) ## formatting, types, import contracts, migrations, templates, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-rules

check-types: $(DEV_STAMP) ## mypy, a part of check
	$(BIN)/mypy --strict accounts billing gateway opencode opencode_sync steering sync workspaces

# Beside the types, which keep one core busy for a minute.
check-rules: $(DEV_STAMP) ## import contracts, migrations, templates, rules and documents, a part of check
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m pytest -q $(PARALLEL) tests/architecture $(addprefix --ignore=tests/architecture/,$(RUNNING_CHECKS))

test: SERVERS = --optional
test: test-embedded test-servers ## the tests on both stacks; MariaDB, Redis and S3 are left out where they are missing

test-embedded: $(DEV_STAMP) ## all tests on SQLite and files, in PROCESSES processes; ARGS go to pytest
	$(BIN)/python -m pytest -q $(PARALLEL) $(ARGS)

test-servers: $(DEV_STAMP) ## what touches database, layer, storage or processes, on MariaDB, Redis and S3
	$(BIN)/python -m opencode.devtools.withservers $(SERVERS) -- \
		$(BIN)/python -m pytest -q $(PARALLEL) $(SERVER_TESTS) $(ARGS)

prove: export OPENCODE_PROVE = 1
prove: test ## the tests with the long form of every proof

bench: $(BENCH_STAMP) ## figures with the load generator in KIT=<folder>, as tables; ARGS choose servers and scenarios
	@test -n "$(KIT)" || { echo "make bench needs KIT=<the load generator's folder>"; exit 2; }
	$(BIN)/python tests/bench/run.py --kit "$(KIT)" $(ARGS)

format: $(DEV_STAMP) ## rewrite the code in the project's format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

migrations: $(DEV_STAMP) ## write migrations for changed models
	$(BIN)/python manage.py makemigrations

clean: ## remove the environment and every cache; the data directory stays
	rm -rf $(VENV) build .bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "opencode console needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python's venv module is missing or broken; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(RUN_STAMP): | $(BIN)/python
	@echo "installing packages into $(VENV)"
	@$(PIP) -r $(REQUIREMENTS)/base.txt
	@touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo "installing packages for development into $(VENV)"
	@$(PIP) -r $(REQUIREMENTS)/dev.txt
	@$(PIP) -r $(REQUIREMENTS)/mysql.txt || echo "mysqlclient was not built; tests on MariaDB need pkg-config and default-libmysqlclient-dev"
	@touch $@

$(BENCH_STAMP): $(DEV_STAMP)
	@$(PIP) -r $(REQUIREMENTS)/bench.txt
	@touch $@
