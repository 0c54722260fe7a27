# Every target is one readable line; what it does is in the command it calls.
PYTHON ?= $(firstword $(foreach python,python3.11 python3.12 python3.13,$(shell command -v $(python))) python3.11)
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),.uv/bin/uv)
RUN := $(CURDIR)/.venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.uv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
# Compiled modules are kept, whatever the shell says: every start of a program is twice as quick.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help up up-aws down status doctor test unit lint format bench golden record-states clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

up: .venv/.synced  ## the sandbox, a personal stack, training on the real flights, a served model that answers
	@$(RUN) -m sandbox up
	@$(RUN) -m quickstart kubernetes

up-aws: .venv/.synced  ## a personal stack on an AWS without an account: trained, registered, approved, deployed
	@$(RUN) -m sandbox up --only engine --only plugins
	@$(RUN) -m quickstart aws

down: .venv/.synced  ## stop the sandbox and leave nothing behind (PURGE=1 removes its caches too)
	@$(RUN) -m sandbox down $(if $(PURGE),--purge)

status: .venv/.synced  ## what of the sandbox is running
	@$(RUN) -m sandbox status

doctor: .venv/.synced  ## what this machine has and lacks
	@$(RUN) -m sandbox doctor

test: .venv/.synced lint  ## every test: unit, golden, end to end, in two processes
	@$(RUN) -m pytest -n 2 $(PYTEST_ARGS)

test-long: .venv/.synced  ## the tests that take longer than CI has room for
	@MLOPS_LONG_TESTS=1 MLOPS_REQUIRE_E2E=1 $(RUN) -m pytest tests/e2e/long $(PYTEST_ARGS)

unit: .venv/.synced  ## the tests that need no cluster
	@$(RUN) -m pytest -m "not e2e" $(PYTEST_ARGS)

lint: .venv/.synced  ## style and types
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: .venv/.synced  ## put the style right
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

golden: .venv/.synced  ## write the golden files anew; review their diff
	@$(RUN) -m pytest tests/golden --update-golden

record-states: .venv/.synced  ## record the states that later code must upgrade; at a release, never for a test (ONLY=sagemaker)
	@MLOPS_REQUIRE_E2E=1 $(RUN) -m pytest tests/e2e/upgrade --record-states $(if $(ONLY),-k on_$(ONLY))

bench: up  ## measure, on the sandbox; results in bench/results
	@$(RUN) -m bench

clean:  ## remove what was made in the checkout
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache

.venv/.synced: pyproject.toml sandbox/pyproject.toml uv.lock $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --all-packages --all-extras --python $(PYTHON)
	@touch $@

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)
