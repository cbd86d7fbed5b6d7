# Everything is made in .venv/ and .airflow/ of this checkout; the first use of an Airflow line installs it.
# AIRFLOW picks the line: `make demo AIRFLOW=2.11`. uv installs it where uv is there, pip otherwise.

AIRFLOW ?= 3.3
NEWEST_PYTHON := $(if $(filter 2.11,$(AIRFLOW)),12,14)
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $(NEWEST_PYTHON)))
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	if $$name -c '$(SUITABLE)' 2>/dev/null; then command -v $$name; break; fi; done)

VENV := .venv/airflow-$(AIRFLOW)
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CONSTRAINTS := constraints/airflow-$(AIRFLOW).txt
GROUPS := --group test --group services --group lint --group package
PYTEST = mkdir -p "$(AIRFLOW_HOME)" && $(BIN)/python -m pytest --basetemp="$(AIRFLOW_HOME)/tmp"
COVERAGE := --cov --cov-report=term:skip-covered

export AIRFLOW_HOME = $(CURDIR)/.airflow/$@-$(AIRFLOW)
export AIRFLOW__CORE__LOAD_EXAMPLES = False
export COVERAGE_FILE = $(AIRFLOW_HOME)/coverage
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Images of Python often set this one: every process of Airflow would compile all that it imports again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo ui test test-airflow2 test-matrix lint format e2e screenshots bench docs wheel constraints install clean check-python

help: ## show this
	@echo "Targets (AIRFLOW=3.3 or 2.11; now $(AIRFLOW)):"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## run example DAGs in a real Airflow against an emulated DLI
	@$(BIN)/python example_dags/run/demo.py "$(AIRFLOW_HOME)"

ui: $(INSTALLED) ## Airflow's UI with the examples, the connection and an emulated DLI; AIRFLOW_PORT=8080
	@exec $(BIN)/python example_dags/run/ui.py "$(AIRFLOW_HOME)"

test: $(INSTALLED) ## unit, integration and end-to-end tests, with the branches they cover
	@$(PYTEST) $(if $(ARGS),$(ARGS),$(COVERAGE))

test-airflow2: ## the same tests on Airflow 2.11
	@$(MAKE) --no-print-directory test AIRFLOW=2.11

test-matrix: check-python ## unit and integration tests on every Airflow, as it was released; ARGS=--help (needs uv)
	@command -v uv >/dev/null || { echo "make test-matrix needs uv: pip install uv" >&2; exit 1; }
	@$(PYTHON) tests/matrix/matrix.py $(ARGS)

lint: $(INSTALLED) ## style, format, types, and which package may import which
	@failed=0; for check in "ruff check ." "ruff format --check ." mypy "lint-imports --no-cache"; do \
	echo "$$check"; $(BIN)/$$check || failed=1; done; exit $$failed

format: $(INSTALLED) ## format the code, and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

e2e: $(INSTALLED) ## the tests that need services: PostgreSQL, Redis, Chromium
	@$(PYTEST) -m services $(or $(ARGS),tests/e2e)

screenshots: $(INSTALLED) ## take the documentation's pictures again, in Chromium
	@PYTHONPATH=example_dags/run $(BIN)/python tests/e2e/services/screenshots.py "$(AIRFLOW_HOME)"

bench: $(INSTALLED) ## the benchmarks, as tables
	@for script in tests/benchmarks/bench_*.py; do echo "$$script"; $(BIN)/python "$$script" || exit 1; done

docs: .venv/docs/.installed ## build docs/ into .venv/docs/html, with warnings as errors
	@mkdir -p "$(AIRFLOW_HOME)" && .venv/docs/bin/python -m sphinx -q -E -W --keep-going \
	-d .venv/docs/doctrees docs .venv/docs/html && echo "The pages are in .venv/docs/html/index.html"

wheel: $(INSTALLED) ## build the distribution, and check it in an environment of its own
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . > .venv/build.log 2>&1 || { cat .venv/build.log; exit 1; }
	@$(BIN)/twine --no-color check --strict dist/*
	@$(call new_environment,.venv/wheel,-c $(CONSTRAINTS) dist/*.whl)
	@cd .venv/wheel && PATH="$$PWD/bin:$$PATH" bin/python -I -W ignore "$(CURDIR)/tests/wheel/check_wheel.py" "$(CURDIR)"/dist/*.whl

constraints: check-python ## resolve the pins of constraints/ again, for the apache-airflow pinned there
	@pin=$$(grep '^apache-airflow==' $(CONSTRAINTS)) && rm -f $(INSTALLED) && \
	printf '%s\n' "$$pin" > .venv/pin.txt && $(call new_environment,.venv/resolve,-c .venv/pin.txt $(GROUPS) .) && \
	{ sed -n '/^#/p' $(CONSTRAINTS) && $(call freeze,.venv/resolve) \
	| grep -vE '^(pip|setuptools|airflow-provider-huaweicloud-dli)( |==)'; } > .venv/pins.txt && mv .venv/pins.txt $(CONSTRAINTS)

install: $(INSTALLED) ## only install, for an editor or a shell: .venv/airflow-3.3/bin/python

clean: ## remove all that was made here: environments, databases, logs, distributions
	rm -rf .venv .airflow build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

check-python:
	@test -n "$(PYTHON)" || { echo "Airflow $(AIRFLOW) needs Python 3.11 to 3.$(NEWEST_PYTHON), and none is on the PATH\
	 (python3 is $$(python3 -V 2>&1)). Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@mkdir -p .venv

$(INSTALLED): $(CONSTRAINTS) pyproject.toml | check-python
	@$(call new_environment,$(VENV),-c $(CONSTRAINTS) $(GROUPS) -e .)
	@touch $@

.venv/docs/.installed: constraints/docs.txt pyproject.toml | check-python
	@$(call new_environment,.venv/docs,-c constraints/docs.txt --group docs -e .)
	@touch $@

# How an environment is made, filled, checked and listed: by uv where it is there, else by pip.
ifneq ($(shell command -v uv 2>/dev/null),)
  make_venv = uv venv --quiet --clear --seed --python $(PYTHON) $(1)
  install_in = uv pip install --python $(1) --build-constraints $(CONSTRAINTS) $(2) && uv pip check --python $(1)
  freeze = uv pip freeze --python $(1)
else
  make_venv = { $(PYTHON) -m venv --clear $(1) || \
	{ echo "Cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }; }
  install_in = $(1)/bin/pip install -U pip && \
	$(1)/bin/pip install --build-constraint $(CONSTRAINTS) $(2) && $(1)/bin/pip check
  freeze = $(1)/bin/pip freeze --all
endif

# $(call new_environment,folder,what is installed): quiet; shows its log only when it fails.
define new_environment
echo "Installing $(1) with $(PYTHON); this takes a minute ..." && log=$(1).log && \
{ { $(call make_venv,$(1)) && $(call install_in,$(1),$(2)); } > $$log 2>&1 || { \
  cat $$log >&2; echo "Installing $(1) failed; the log is above, and in $$log" >&2; exit 1; }; }
endef
