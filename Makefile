# Everything is done in .venv/ and .airflow/ of this checkout; the first use of an Airflow line installs it (a minute).
# AIRFLOW picks the line: `make demo AIRFLOW=2.11`.

AIRFLOW ?= 3.3
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for name in python3.11 python3.12 python3; do \
	if $$name -c '$(SUITABLE)' 2>/dev/null; then command -v $$name; break; fi; done)

VENV := .venv/airflow-$(AIRFLOW)
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CONSTRAINTS := constraints/airflow-$(AIRFLOW).txt
GROUPS := --group test --group lint --group package
PYTEST = mkdir -p "$(AIRFLOW_HOME)" && $(BIN)/python -m pytest --basetemp="$(AIRFLOW_HOME)/tmp"

export AIRFLOW_HOME = $(CURDIR)/.airflow/$@-$(AIRFLOW)
export AIRFLOW__CORE__LOAD_EXAMPLES = False
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo ui test test-airflow2 lint format e2e bench wheel constraints install clean check-python

help: ## show this
	@echo "Targets (AIRFLOW=3.3 or 2.11; now $(AIRFLOW)):"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## run example DAGs in a real Airflow against a DLI on this machine
	@$(BIN)/python example_dags/run/demo.py "$(AIRFLOW_HOME)"

ui: $(INSTALLED) ## Airflow's UI with the examples, the connection and a DLI on this machine; AIRFLOW_PORT=8080
	@exec $(BIN)/python example_dags/run/ui.py "$(AIRFLOW_HOME)"

test: $(INSTALLED) ## unit, integration and end-to-end tests
	@$(PYTEST) $(ARGS)

test-airflow2: ## the same tests on Airflow 2.11
	@$(MAKE) --no-print-directory test AIRFLOW=2.11

lint: $(INSTALLED) ## style, format and types
	@failed=0; for check in "ruff check ." "ruff format --check ." mypy; do \
	echo "$$check"; $(BIN)/$$check || failed=1; done; exit $$failed

format: $(INSTALLED) ## format the code, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

e2e: $(INSTALLED) ## the tests that need services: PostgreSQL, Redis, Chromium
	@$(PYTEST) -m services $(or $(ARGS),tests/e2e)

bench: $(INSTALLED) ## the benchmarks, as tables
	@for script in tests/benchmarks/bench_*.py; do echo "$$script"; $(BIN)/python "$$script" || exit 1; done

wheel: $(INSTALLED) ## build the distribution, and check it in an environment of its own
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . > .venv/build.log 2>&1 || { cat .venv/build.log; exit 1; }
	@$(BIN)/twine --no-color check --strict dist/*
	@$(call new_environment,.venv/wheel,-c $(CONSTRAINTS) dist/*.whl)
	@cd .venv/wheel && PATH="$$PWD/bin:$$PATH" bin/python -I -W ignore "$(CURDIR)/tests/wheel/check_wheel.py" "$(CURDIR)"/dist/*.whl

constraints: check-python ## resolve the pins of constraints/ anew, for the apache-airflow pinned there
	@pin=$$(grep '^apache-airflow==' $(CONSTRAINTS)) && rm -f $(INSTALLED) && \
	printf '%s\n' "$$pin" > .venv/pin.txt && $(call new_environment,.venv/resolve,-c .venv/pin.txt $(GROUPS) .) && \
	{ sed -n '/^#/p' $(CONSTRAINTS) && .venv/resolve/bin/pip freeze --all \
	| grep -vE '^(setuptools|airflow-provider-huaweicloud-dli)( |==)'; } > .venv/pins.txt && mv .venv/pins.txt $(CONSTRAINTS)

install: $(INSTALLED) ## only install, for an editor or a shell: .venv/airflow-3.3/bin/python

clean: ## remove all that was made here: environments, databases, logs, distributions
	rm -rf .venv .airflow build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

check-python:
	@test -n "$(PYTHON)" || { echo "Airflow $(AIRFLOW) needs Python 3.11 or 3.12, and neither is on the PATH\
	 (python3 is $$(python3 -V 2>&1)). Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@mkdir -p .venv

$(INSTALLED): $(CONSTRAINTS) pyproject.toml | check-python
	@$(call new_environment,$(VENV),-c $(CONSTRAINTS) $(GROUPS) -e .)
	@touch $@

# $(call new_environment,folder,what pip installs): quiet; shows its log only when it fails.
define new_environment
echo "Installing $(1) with $(PYTHON); this takes a minute ..." && log=$(1).log && \
{ $(PYTHON) -m venv --clear $(1) > $$log 2>&1 || { cat $$log >&2; \
  echo "Cannot make a virtual environment. On Debian: apt install python3-venv" >&2; exit 1; }; } && \
{ { $(1)/bin/pip install -U pip -c $(CONSTRAINTS) && \
    $(1)/bin/pip install --build-constraint $(CONSTRAINTS) $(2) && $(1)/bin/pip check; } >> $$log 2>&1 || { \
  cat $$log >&2; echo "Installing $(1) failed; the log is above, and in $$log" >&2; exit 1; }; }
endef
