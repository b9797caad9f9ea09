# One command each; every command installs what it needs first. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Two at once: each test process runs a Temporal server of its own.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench lock format clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

install: $(STAMP) ## make .venv with exactly what requirements.lock says

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## show a pathway on a local server; EXIT=1 stops when it is done
	$(BIN)/allpath demo $(if $(filter-out 0,$(EXIT)),--exit)

test: install ## run the tests; ARGS="tests/runtime -k codec" chooses, WORKERS=0 runs them in one process
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile $(ARGS)

check: install ## lint, format, types, architecture, lock file
	$(BIN)/python .ci/lock.py check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

bench: install ## measure, on this machine
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP) ## resolve the dependencies anew (UPGRADE=1: to their newest versions)
	$(BIN)/uv pip compile pyproject.toml --quiet --no-config --all-extras --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		$(if $(UPGRADE),--upgrade) --output-file requirements.lock
	$(BIN)/python .ci/lock.py stamp

format: install ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

clean: ## remove what was made, but no data
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
