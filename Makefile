# Everything lives in .venv: python3 (3.11 or newer) and make are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test lint format types docs wheel bench conservation clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "router needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true). Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the virtual environment $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -f $(BIN)/python; exit 1; } # half an environment is no environment

$(VENV)/.run: $(BIN)/python requirements.txt pyproject.toml
	@echo "Installing the pinned dependencies into $(VENV) ..."
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@$(PIP) install -r requirements-dev.txt
	@touch $@

run: $(VENV)/.run ## set up, and show the example at work (Ctrl-C ends it)
	@$(BIN)/router dev routes.example.yaml --send clerk/user.created

test: $(VENV)/.dev ## set up, and run every test
	@$(BIN)/python -m pytest

lint: $(VENV)/.dev ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.dev ## ruff: mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy

docs: $(VENV)/.dev ## bring the generated parts of the documentation up to date
	@$(BIN)/python -m tests.docs.reference

wheel: $(VENV)/.dev ## build the wheel and run the suite against it, away from the tree
	@sh tests/wheel.sh $(BIN)/python

bench: $(VENV)/.dev ## events a second, start-up time and memory, as ratios to a bare aiohttp server
	@$(BIN)/python -m bench.throughput

conservation: $(VENV)/.dev ## try to lose an acknowledged event: kills, stops, a full disk (ARGS="--kills 20 --seed 7")
	@$(BIN)/python -m bench.conservation $(ARGS)

clean: ## forget the virtual environment and all caches
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
