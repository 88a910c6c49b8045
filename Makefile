# Relevo. `make help` prints what stands behind the ## of each target.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
BIN    := $(VENV)/bin
LOCK   := deploy/lock

# Works with and without ensurepip, and where the system's Python is marked as managed by others:
# the pip of the system installs into the environment, never beside itself.
define environment
	test -x $(PY) || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(PY) install -qq --disable-pip-version-check --no-input \
	    --require-hashes --only-binary :all: -r $(1)
	$(PYTHON) -m pip --python $(PY) install -qq --disable-pip-version-check --no-input \
	    --no-index --no-build-isolation --no-deps --editable .
	touch $(2)
endef

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.runtime: $(LOCK)/runtime.txt pyproject.toml
	$(call environment,$<,$@)

$(VENV)/.develop: $(LOCK)/develop.txt pyproject.toml
	$(call environment,$<,$@)
	touch $(VENV)/.runtime

demo: $(VENV)/.runtime ## set up, then carry one referral there and back (ALL=1: six nodes, eight cases; ONCE=1 ends)
	$(BIN)/relevo demo $(if $(ALL),--all) $(if $(ONCE),--once)

$(VENV)/browser: $(VENV)/.develop
	$(PY) tests/support/browser.py

$(VENV)/interop/installed: $(VENV)/.develop tests/interop/npm/package-lock.json
	PYTHONPATH=tests $(PY) -m support.interop

test: $(VENV)/browser $(VENV)/interop/installed ## set up, then run every test (brings its own PostgreSQL and browser)
	$(PY) -m pytest -n 2 $(ARGS)

check: $(VENV)/.develop ## style, types, floors, known weaknesses of our own code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r shared services migrations -c pyproject.toml

bench: $(VENV)/.develop ## what bringing referrals costs, beside the limits of the machine (ARGS="1000 100000")
	$(PY) -m tests.bench $(ARGS)

vectors: $(VENV)/.develop ## write the test vectors anew, and the tables and examples of docs/protocol.md
	$(PY) -m vectors.make

mutants: $(VENV)/.develop ## plant faults in the rules and count those that the tests notice (an hour)
	$(PY) tests/mutation.py $(ARGS)

$(VENV)/.fuzz: $(VENV)/.develop $(LOCK)/fuzz.txt
	$(call environment,$(LOCK)/fuzz.txt,$@)

SECONDS ?= 60
fuzz: $(VENV)/.fuzz ## coverage-guided fuzzing of what reads other people's bytes (SECONDS=60 a target, TARGETS=all)
	$(PY) tests/fuzzing.py $(SECONDS) $(TARGETS)

SEEDS ?= 400
FIRST ?= 0
simulate: $(VENV)/.develop ## real nodes through everything that fails, seed after seed (SEEDS=400 FIRST=0)
	PYTHONPATH=tests $(PY) tests/simulating.py $(SEEDS) $(FIRST)

MINUTES ?= 10
soak: $(VENV)/.develop ## processes killed under load on both databases, for MINUTES=10
	PYTHONPATH=tests $(PY) tests/soaking.py $(MINUTES)

lock: $(VENV)/.develop ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group build -o $(LOCK)/runtime.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile pyproject.toml --group develop -c $(LOCK)/runtime.txt -o $(LOCK)/develop.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --group fuzz -o $(LOCK)/fuzz.txt $(LOCKFLAGS)

LOCKFLAGS := --quiet --upgrade --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
             --no-annotate --no-header --only-binary :all:

.DEFAULT_GOAL := help
.PHONY: help demo test check bench vectors mutants fuzz simulate soak lock
