# Every command one needs. Each does its own set-up.
PYTHON := .venv/bin/python
export QT_QPA_PLATFORM ?= offscreen
export QT_QUICK_BACKEND ?= software
# Four more than there are processors: so many groups of tests (tests/workers.py) wait for processes of their own.
WORKERS ?= $(shell expr $$(nproc) + 4)
PARALLEL := -n $(WORKERS) --no-loadscope-reorder

.PHONY: help setup demo test slow check bench lint format lock clean

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## virtual environment, locked dependencies, system packages
	@packaging/setup.sh

demo: setup ## a whole lobby on this machine; ARGS=--check runs the story without looking
	@QT_QPA_PLATFORM= QT_QUICK_BACKEND= $(PYTHON) packaging/demo.py $(ARGS)

# The tests start hundreds of processes: what they import is compiled once, whatever the shell says.
test slow .pytest_cache/compiled: export PYTHONDONTWRITEBYTECODE :=

# In a fresh checkout: once, not by every worker at the same time.
.pytest_cache/compiled: | setup
	@$(PYTHON) -m pytest --collect-only -qq > /dev/null; mkdir -p $(@D); touch $@

test: setup .pytest_cache/compiled ## the everyday tests
	@$(PYTHON) -m pytest $(PARALLEL) --dist loadgroup $(ARGS)

slow: setup ## the tests under the slow mark, and every property on many more examples
	@$(PYTHON) -m pytest $(PARALLEL) --dist worksteal -m "slow or hypothesis" --hypothesis-profile thorough --timeout 3600 $(ARGS)

check: lint ## everything that has to hold before a change lands: lint, then the tests with their coverage
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

lint: setup ## format, lint, types, import contracts, QML, pages, words
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m tests.tools.qml_lint
	@$(PYTHON) -m tests.tools.page_lint

format: setup ## format and mend what can be mended
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

bench: setup ## measurements as JSON lines, each beside its floor; ARGS=NAME runs one
	@$(PYTHON) -m tests.bench $(ARGS)

lock: setup ## resolve the dependencies anew
	@.venv/bin/uv pip compile --quiet --extra server --extra kiosk --extra field --extra documents --extra chip --extra dev --generate-hashes --python-version 3.11 \
		--no-strip-extras --python-platform x86_64-manylinux_2_34 --no-emit-index-url --no-emit-find-links --upgrade \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean: ## remove what the commands made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
