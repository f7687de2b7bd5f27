# On a fresh machine with Python 3.11 to 3.13, each target installs what it needs.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin

.PHONY: run test check bench bench-short translations clean docs lock audit

run: .venv/run
	$(BIN)/storefront serve

test: .venv/test
	scripts/install-browser
	$(BIN)/python -m pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --quiet
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m pytest -q tests/test_translations.py

docs: .venv/test
	$(BIN)/python -m mkdocs build --strict
	@echo "The site is in build/site."

# Takes half an hour; `make bench-short` takes two minutes and compares with benchmarks/results.json.
bench: .venv/test
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m benchmarks

bench-short: .venv/test
	$(BIN)/python -m benchmarks --short

translations: .venv/test
	$(BIN)/python scripts/update_translations.py

.venv/run: pyproject.toml
	$(if $(PYTHON),,$(error Python 3.11, 3.12 or 3.13 is needed))
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Installing what the shop needs: half a minute to three minutes."
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	touch $@

# Everything that checks a change is pinned with its hash in requirements/ci.txt (`make lock`).
.venv/test: pyproject.toml requirements/ci.txt
	$(if $(PYTHON),,$(error Python 3.11, 3.12 or 3.13 is needed))
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Installing what the tests need: one to five minutes."
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ci.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ .venv/run

# After a change of pyproject.toml, or to take newer versions with LOCK=--upgrade.
lock:
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip install --quiet --disable-pip-version-check uv
	.venv/tools/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--prerelease if-necessary-or-explicit --extra embedded --extra test --extra check \
		--custom-compile-command "make lock" $(LOCK) \
		pyproject.toml requirements/build.in --output-file requirements/ci.txt

# Asks PyPI's advisory database for known weaknesses of what is pinned.
audit:
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip install --quiet --disable-pip-version-check pip-audit
	.venv/tools/bin/pip-audit --require-hashes --disable-pip --requirement requirements/ci.txt

# Leaves data/ alone: that is the shop's database.
clean:
	rm -rf .venv build dist
