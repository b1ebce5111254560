# Everything a developer does here, as one word each. The first target that needs it makes .venv;
# nothing is installed again until pyproject.toml or constraints.txt change or the folder moves.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
DEMO := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PLACE := $(VENV)/.place
# Tests wait for real processes half of their time, so more of them run than there are cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, 2 * (os.cpu_count() or 2) + 1))')

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_USER := 0
unexport PYTHONPATH PYTHONHOME
# Hundreds of processes are started here: none should compile again what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

# A virtual environment names its own folder in its scripts: after a move it is made anew.
ifneq ($(shell cat $(PLACE) 2>/dev/null),$(CURDIR))
$(PLACE): moved
endif

.PHONY: help demo test check bench prove screenshots clean moved
.DELETE_ON_ERROR:

help:
	@echo 'make demo         four agents at work, offline and without a key'
	@echo 'make test         every test, on all cores'
	@echo 'make check        format, lint, types, floors'
	@echo 'make bench        the measured goals'
	@echo 'make prove        the long proofs: clean installs, a real code base, no network'
	@echo 'make screenshots  take the golden pictures again'
	@echo 'make clean        remove .venv and every cache'

demo: $(DEMO)
	@$(VENV)/bin/steerdeck demo

test: $(DEV)
	@$(RUN) -m pytest -q -n $(WORKERS) --dist worksteal

check: $(DEV)
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy
	@$(RUN) -m pytest -q tests/test_floors.py tests/test_headless.py

bench: $(DEV)
	@PYTHONPATH=tests $(RUN) tests/bench/run.py $(BENCH)

prove: $(DEV)
	@PYTHONPATH=tests $(RUN) tests/prove/run.py $(PROVE)

screenshots: $(DEV)
	@STEERDECK_RETAKE=1 $(RUN) -m pytest -q tests/tui/test_pictures.py

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	@find agents tui themes tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PLACE):
	@command -v $(PYTHON) >/dev/null || { echo 'Steerdeck needs Python 3.11 or newer; "$(PYTHON)" was not found. Install it, or name yours: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Steerdeck needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -c 'import platform; print(platform.python_version())'). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module of $(PYTHON) is missing. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { echo 'Steerdeck needs git, which was not found. On Debian or Ubuntu: apt install git' >&2; exit 1; }
	@echo 'Making .venv (once, about a minute) ...'
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s\n' '$(CURDIR)' > $@

$(DEMO): pyproject.toml constraints.txt $(PLACE)
	@$(RUN) -m pip install -q -c constraints.txt -e . || { echo 'The packages could not be installed: see the lines above, then run make again.' >&2; exit 1; }
	@touch $@

$(DEV): pyproject.toml constraints.txt $(PLACE)
	@$(RUN) -m pip install -q -c constraints.txt -e '.[dev]' || { echo 'The packages could not be installed: see the lines above, then run make again.' >&2; exit 1; }
	@touch $(DEMO) $@
