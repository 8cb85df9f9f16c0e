# Nocturne: every command a developer needs. `make run` and `make test` set up what they need by themselves.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
STAMP := .venv/.ready
BENCH_STAMP := .venv-bench/.ready

.PHONY: setup run test chaos check bench pictures lock fonts clean

setup: $(STAMP)

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Nocturne needs Python 3.11; name one with: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $(STAMP)

run: setup
	$(BIN)/streamlit run streamlit_app.py --server.address 127.0.0.1 --server.port $(PORT) --server.headless true

test: setup
	$(BIN)/python scripts/fetch_axe.py
	$(BIN)/python -m pytest

# What is too slow for every change: processes killed again and again.
chaos: setup
	$(BIN)/python -m pytest -m chaos

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup $(BENCH_STAMP)
	$(BIN)/python -m bench

# The screens as docs/screens.md shows them, taken from the real dashboard in Debian's Chromium; about ten minutes.
# Every width and theme of every screen, into pictures-out/: make pictures ARGUMENTS=--every
pictures: setup
	$(BIN)/python -m pictures $(ARGUMENTS)

# yasa, to measure beside: in an environment of its own, because it brings packages that the project does not want.
$(BENCH_STAMP): requirements-bench.lock
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $(BENCH_STAMP)

lock: setup
	$(BIN)/uv pip compile pyproject.toml --group dev --extra dask --extra postgres --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --upgrade --output-file requirements.lock

# Fetches Inter from npm as charts/tokens.json says and writes it renamed: for the screen into pages/static, for PDF
# into reports/fonts.
fonts: setup
	$(BIN)/python scripts/build_fonts.py

clean:
	rm -rf .venv .venv-bench bench/.archives pictures-out .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis data
