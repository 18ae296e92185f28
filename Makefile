# Every target sets up what it needs: only Python 3.11 or newer, git and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PLANNER_pandapower := "pandapower>=3.5,<4"
PLANNER_pypsa := "pypsa>=1.2,<2"

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench planners clean

help:
	@echo "make demo    solve a two-day storm with 200 vehicles, audit the plan, draw it (out/demo)"
	@echo "make test    ruff, mypy, pytest"
	@echo "make lint    ruff and mypy only"
	@echo "make bench   time the shipped cases and made-up fleets, against Pyomo"
	@echo "make planners  pandapower and PyPSA, each in an environment of its own: 'make test' opens exports in them then"
	@echo "make clean   remove what was built here"
	@echo "Another Python: make demo PYTHON=python3.12"

demo: $(VENV)/.demo
	$(BIN)/v2g demo

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --quiet

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Their versions of pandas exclude each other, so that each stands alone; 0.4 and 1.2 GB.
planners: $(VENV)-pandapower/.stamp $(VENV)-pypsa/.stamp

$(VENV)-%/.stamp:
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check $(PLANNER_$*)
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-pandapower $(VENV)-pypsa out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment, made once; the two stamps below say what is installed in it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "v2g needs Python 3.11 or newer, and '$(PYTHON)' is not one." >&2; \
	  echo "Name another one, for example: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu install python3-venv." >&2; exit 1; }

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[plot]"
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.demo
