# Everything starts from Python >= 3.11, pip, make and git; the first target that needs them installs
# the locked packages into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The second engine has packages of its own: nobody needs Spark and Java for the rest.
SPARK_VENV := .venv-spark
SPARK_READY := $(SPARK_VENV)/.ready
# Tests run on every core; set WORKERS=0 to debug one.
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-spark lint audit bench airflow airflow-postgres lock docs clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "creditloop needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(SPARK_READY): requirements-spark.lock pyproject.toml
	$(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## Install the locked packages into .venv

demo: $(READY) ## A year of 2,000 simulated users, three nights through Airflow, and what came out
	$(BIN)/python -m scoring.demo

test: $(READY) ## The everyday tests (offline)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q -m "not slow"

test-slow: $(READY) ## The tests marked slow: whole nights through Airflow, real data, backfills, ...
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q -m "slow and not spark"

# Many small queries: a quick compiler and a small collector suit them better than Java's defaults.
test-spark: $(SPARK_READY) ## The tests of the second engine: Spark beside DuckDB (needs Java 17)
	JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m" \
	    $(SPARK_VENV)/bin/python -m pytest -q -m spark tests/scoring/engines

lint: $(READY) ## Style and types of Python and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 -q dbt_project/models dbt_project/tests

audit: ## Known vulnerabilities of the locked packages (asks PyPI; needs pip-audit on the PATH)
	@command -v pip-audit >/dev/null || { echo "pip-audit is not on the PATH: pipx install pip-audit"; exit 2; }
	pip-audit --require-hashes --disable-pip -r requirements.lock
	pip-audit --require-hashes --disable-pip -r requirements-spark.lock

bench: $(READY) ## List the benchmarks; each has a command of its own
	@for module in $(filter-out __init__ worlds backfill model_costs card_speed card_rows card_taiwan card_simulated card_stages card_figures,$(basename $(notdir $(wildcard benchmarks/*.py)))); do \
	    printf '%-48s' "$(BIN)/python -m benchmarks.$$module"; \
	    sed -n '1s/^"""\([a-z_]*: \)\{0,1\}//p' benchmarks/$$module.py | tr -d '"'; \
	done

airflow: $(READY) ## Start a real Airflow scheduler and web page with everything wired (Ctrl-C ends it)
	$(BIN)/python -m scoring.orchestration standalone

airflow-postgres: $(READY) ## The same with PostgreSQL for its metadata (must be installed), as backfills need
	$(BIN)/python -m scoring.orchestration --postgres standalone

docs: $(READY) ## Write the generated pages again (.env.example, docs/feeds.md, ...)
	$(BIN)/python -m scoring.documents

COMPILE := uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --upgrade -q

lock: $(READY) ## Resolve both lock files anew (needs uv on the PATH)
	$(COMPILE) --extra train --extra postgres --extra lineage -o requirements.lock
	$(COMPILE) --extra spark -c requirements.lock -o requirements-spark.lock

clean: ## Remove the environments and the demo's home
	rm -rf $(VENV) $(SPARK_VENV) var/demo
