# Every verb is safe to repeat and quick the second time.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first interpreter that is new enough; PYTHON=... names another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
VAR := $(or $(VAR_DIR),var)

# Installed means: installed from exactly these lock files.
PYTHON_LOCK := $(shell cat requirements/uv.txt requirements/dev.txt | cksum | tr ' ' -)
NODE_LOCK := $(shell cat package-lock.json 2>/dev/null | cksum | tr ' ' -)
PYTHON_STAMP := .venv/.installed-$(PYTHON_LOCK)
NODE_STAMP := node_modules/.installed-$(NODE_LOCK)
ASSETS := static/dist/app.js
ASSET_SOURCES := $(shell find static/src -type f 2>/dev/null) esbuild.mjs

# Old makes mix the lines of two gates.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

TEST_ENV = eval "$$($(PY) -m config.local env --profile test)" && export BASE_DOMAIN=example.com DJANGO_SETTINGS_MODULE=config.settings.base

.PHONY: help demo run test check bench chaos clean-demo format migrations assets install requirements browser \
	check-style check-types check-architecture check-templates check-migrations check-deployment

help: ## Say what there is to say
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install assets ## Start everything, play a signed contract to its invoice, keep serving (DEMO_EXIT=1: stop after)
	@DEMO_EXIT=$(DEMO_EXIT) $(PY) -m config.demo

run: install assets ## Serve the product on embedded services, without the demo's data
	@$(PY) -m config.run

test: install browser assets ## Run the static gates, then all tests
	@$(MAKE) --no-print-directory check
	@CHROMIUM="$$($(PY) -m config.local browser)" $(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

check: install assets ## Run the static gates: style, types, architecture, templates, migrations, deployment
	@$(MAKE) --no-print-directory $(SYNC) -j2 check-types check-style check-architecture check-templates \
		check-migrations check-deployment

bench: install assets ## Measure; print a table, write var/bench.json
	@$(PY) -m config.bench

chaos: install assets ## Break everything on purpose and count (CHAOS_SECONDS, CHAOS_SEEDS, CHAOS_SEED; docs/faults.md)
	@$(PY) -m tests.durability.harness

clean-demo: ## Stop the demo and forget its data
	@if [ -x $(PY) ]; then $(PY) -m config.local forget --profile demo; else rm -rf "$(VAR)/demo"; fi

format: install ## Put code in order
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

migrations: install ## Write the migrations that model changes need
	@$(TEST_ENV) && $(PY) manage.py makemigrations

assets: $(ASSETS) ## Build style sheet, script and icons

requirements: install ## Compile requirements/*.in to their locked, hashed .txt
	@cd requirements && for name in base dev prod uv tryton; do UV_CUSTOM_COMPILE_COMMAND="make requirements" \
		../.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 $$name.in -o $$name.txt; done

install: $(PYTHON_STAMP)

browser: install
	@$(PY) -m config.local browser >/dev/null

check-style: install
	@$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet . && echo "style: good"

check-types: install
	@$(PY) -m mypy

check-architecture: install
	@.venv/bin/lint-imports --no-logo

check-templates: install
	@.venv/bin/djlint templates --lint --quiet && echo "templates: good"

check-migrations: install
	@$(TEST_ENV) && $(PY) manage.py makemigrations --check --dry-run

check-deployment: install assets
	@$(TEST_ENV) && $(PY) manage.py check --deploy --fail-level WARNING

$(PYTHON_STAMP): requirements/uv.txt requirements/dev.txt
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed, and none was found." >&2; exit 1; fi
	@if ! .venv/bin/python -c 'import pip' 2>/dev/null; then \
		rm -rf .venv; \
		if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "Python's venv is missing. Run:  sudo apt-get install -y python3-venv" >&2; exit 1; fi; \
		echo "making .venv"; $(PYTHON) -m venv .venv; fi
	@[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "installing Python packages"
	@VIRTUAL_ENV="$(CURDIR)/.venv" .venv/bin/uv pip sync --quiet --require-hashes requirements/dev.txt
	@rm -f .venv/.installed-*; touch $@

$(NODE_STAMP): package-lock.json package.json
	@command -v npm >/dev/null || { echo "Node.js 18 or newer with npm is needed. Run:  sudo apt-get install -y nodejs npm" >&2; exit 1; }
	@echo "installing Node packages"
	@npm ci --silent --no-fund --no-audit </dev/null
	@touch $@

$(ASSETS): $(NODE_STAMP) $(ASSET_SOURCES)
	@echo "building assets"
	@npm run --silent build </dev/null
	@touch $@
