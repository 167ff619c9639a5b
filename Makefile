# The commands of the README; `make help` lists them. Everything real is in Python: adminportal/tryout and tests.
.DEFAULT_GOAL := help
.PHONY: help run test test-full bench lint screenshots messages setup setup-dev

# The first Python that is new enough; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$name; break; fi; done)
IN_VENV := .venv/bin/python
# One more than most machines of CI have cores: browser and PostgreSQL leave a worker waiting every third second.
PYTEST_WORKERS ?= 3

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: setup ## The whole portal for trying out, in the foreground; Ctrl-C stops it
	@exec $(IN_VENV) -m adminportal.tryout --with-parent

test: setup-dev ## What CI runs: lint, then everything on PostgreSQL, Valkey, an SMTP sink and Chromium
	@exec $(IN_VENV) -m tests.suite --workers $(PYTEST_WORKERS)

test-full: setup-dev ## make test, and the long ones
	@exec $(IN_VENV) -m tests.suite --workers $(PYTEST_WORKERS) --full

bench: setup-dev ## Times as ratios of one run: a table, and var/bench.json
	@exec $(IN_VENV) -m tests.benchmarks

lint: setup-dev ## ruff, mypy, djlint, import contracts
	@exec $(IN_VENV) -m tests.lint

messages: setup ## Brings the catalogues of locale/ in step with the sources and compiles them
	@exec $(IN_VENV) -m adminportal.tryout.catalogues

screenshots: setup-dev ## Every page, into var/screenshots/
	@exec $(IN_VENV) -m tests.browser.screenshots

setup:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found. Install it, or name one: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) adminportal/tryout/bootstrap.py

setup-dev:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found. Install it, or name one: make test PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) adminportal/tryout/bootstrap.py --dev
