# Each target sets up what it needs and can be run again. `make help` lists them; PYTHON=/path/to/python3 chooses Python.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
MAKEFLAGS += --no-print-directory
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX

ifeq ($(OS),Windows_NT)
$(error Native Windows is not supported: please run this inside WSL2)
endif

BIN := .venv/bin
# Another lock, other package metadata or a moved folder (scripts hold absolute paths) asks for another set-up
READY := .venv/ready-$(shell { cat requirements.lock pyproject.toml; pwd; } | cksum | tr -d ' ')
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The system's certificates, as pip takes them: many a hospital's network shows its own
UV := VIRTUAL_ENV=.venv UV_SYSTEM_CERTS=1 $(BIN)/python -m uv pip --quiet
CORES ?= 2

FURTHER := study or browser or slurm or wheel or slow or gpu
# As many tests at once as there are cores
PYTEST := $(BIN)/python -m pytest -n $(CORES)

.PHONY: help demo test tiers ci lint bench calibrate tutorial docs clean setup lock changelog

help:
	@echo "make demo       set up, then run the demo study"
	@echo "make test       lint and the fast tests (15 minutes at most)"
	@echo "make ci         make test, then real studies, browser, Slurm, wheel and slow tests (make tiers)"
	@echo "make lint       ruff, mypy, import-linter, snakefmt, snakemake --lint"
	@echo "make bench      speed and memory against other packages"
	@echo "make calibrate  claims tried on twenty simulated trials, error rates of every test (hours; it resumes)"
	@echo "make tutorial   the numbers of docs/tutorial.md, from a run of the demo"
	@echo "make docs       the documentation, in docs/_build/html"
	@echo "make clean      remove what was made: .venv, results, caches"
	@echo "make lock       bring requirements.lock and environment.yml in step with pyproject.toml"
	@echo "make changelog  build CHANGELOG.md from changes/"

# --- set-up -----------------------------------------------------------------------------------------------------------

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@for python in $(PYTHONS); do \
	  "$$python" -c '$(USABLE)' 2>/dev/null && break || python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer with venv was not found (tried: $(PYTHONS))." >&2; \
	  echo "Install it (Debian and Ubuntu: apt install python3 python3-venv), or say where it is: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	if [ "$$(cat .venv/ready-* 2>/dev/null)" = "$$(pwd)" ]; then \
	  fresh=; echo "Bringing .venv in step with the lock"; \
	else \
	  fresh=--clear; echo "Setting up .venv with $$("$$python" --version); this takes a minute or two"; \
	fi; \
	rm -f .venv/ready-*; \
	"$$python" -m venv $$fresh .venv; \
	uv=$$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements.lock); \
	if $(PIP) "$$uv" && $(UV) sync --compile-bytecode requirements.lock; then \
	  $(UV) install --no-deps --no-build-isolation --editable .; \
	else \
	  echo "uv could not install the lock (its words are above): trying pip, which takes a few minutes" >&2; \
	  $(PIP) --no-deps --requirement requirements.lock; \
	  $(PIP) --no-deps --no-build-isolation --editable .; \
	fi; \
	pwd > $@; \
	echo "Set up: .venv, $$(du -sm .venv | cut -f1) MB"

# --- use --------------------------------------------------------------------------------------------------------------

demo: $(READY)
	@$(BIN)/biomarker run --cores $(CORES)

bench: $(READY)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.sources
	@$(BIN)/python benchmarks/formulas.py
	@$(BIN)/python -m benchmarks.designs
	@$(BIN)/python -m benchmarks.privacy
	@$(BIN)/python -m benchmarks.type_one_error
	@$(BIN)/python -m benchmarks.records
	@$(BIN)/python -m benchmarks.report

calibrate: $(READY)
	@$(BIN)/python tests/calibration/calibrate.py
	@$(BIN)/python tests/calibration/formula_seeds.py
	@$(BIN)/python tests/calibration/formula_studies.py
	@$(BIN)/python tests/calibration/methods.py --workers $(CORES)
	@$(BIN)/python tests/calibration/real_studies.py $(if $(BIOMARKER_TEST_DATA),--data "$(BIOMARKER_TEST_DATA)")

tutorial: demo
	@$(BIN)/python docs/tutorial.py results/demo docs/tutorial.json

docs: $(READY)
	@$(BIN)/python -m sphinx -W -b html docs docs/_build/html

# --- checks -----------------------------------------------------------------------------------------------------------

# Minutes that the checks may take, set-up not counted; more is a failure
within = took=$$(( $$(date +%s) - begun )); echo "$@: $$took s of $$(( $(1) * 60 )) s"; \
	[ $$took -le $$(( $(1) * 60 )) ] || { echo "$@ took longer than its budget" >&2; exit 1; }

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/snakefmt --check workflow rules
	@$(BIN)/snakemake --lint

test: $(READY)
	@begun=$$(date +%s); $(MAKE) lint; $(PYTEST) --dist worksteal -m "not ($(FURTHER))"; $(call within,15)

# Those of one file stay together: what a file sets up here takes longer than a test
tiers: $(READY)
	@begun=$$(date +%s); $(PYTEST) --dist loadfile -m "$(FURTHER)"; $(call within,45)

ci: test tiers

# --- upkeep -----------------------------------------------------------------------------------------------------------

# Names no registry and no path of this machine: everyone installs from the index that their own settings name
lock: $(READY)
	@$(UV) compile pyproject.toml --universal --python-version 3.11 \
	  --extra cpu --extra vcf --extra slurm --extra notes --extra postgres --extra dev \
	  --no-emit-index-url --no-header --output-file requirements.lock
	@$(BIN)/python .ci/environment.py

changelog: $(READY)
	@$(BIN)/python changes/build.py

clean:
	rm -rf .venv results dist build docs/_build .snakemake
	rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
