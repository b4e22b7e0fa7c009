# Everything here works in a fresh clone: what a command needs is installed first.
# What a command says about itself goes to stderr, so that stdout is its answer.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help install demo lint browser builder containers agents test test-full test-codex bench lock

BIN := .venv/bin
# Three files side by side, since many tests wait for processes; in their order, which has the
# longest in the middle, so that no side is left alone with one in the end.
BESIDE := --numprocesses=3 --dist=loadfile --no-loadscope-reorder
# The tests of the floors that decide, which cover these whole.
DECIDING := tests/model tests/rules tests/handlers

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

install: .venv/installed ## Put everything that the app needs into .venv

.venv/installed: requirements.lock pyproject.toml
	@.ci/need git=git bwrap=bubblewrap
	@.ci/venv
	@echo "Installing what requirements.lock names …" >&2
	@$(BIN)/python -m pip install --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . >&2
	@touch $@

demo: install builder ## Walk around in an embedded GitHub; ARGS=--once does its jobs and ends
	@$(BIN)/python -m bot demo $(ARGS)

lint: install ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

browser: ## Install Chromium where that is possible; the tests of pages need it
	@.ci/need chromium=chromium || true

builder: ## Install buildah where that is possible, which builds images in validations
	@.ci/need buildah=buildah || true

containers: ## Install podman and what makes its containers where that is possible
	@.ci/need podman=podman runc=runc crun=crun newuidmap=uidmap || true

agents: install ## Install the real agents that NAMES names, from npm, for the tests
	@$(BIN)/python -m tests.real.programs $(NAMES)

test: NAMES := gemini
test: lint browser builder agents ## Run the tests, in less than ten minutes; ARGS=PATHS runs some of them
ifdef ARGS
	@$(BIN)/pytest -m "not full" $(ARGS)
else
	@$(BIN)/pytest -m "not full" $(BESIDE) $(DECIDING) --cov
	@$(BIN)/pytest -m "not full" $(BESIDE) $(addprefix --ignore=,$(DECIDING))
endif

test-full: NAMES := gemini opencode
test-full: lint browser builder containers agents ## Run every test, also those that take long
ifdef ARGS
	@$(BIN)/pytest $(ARGS)
else
	@$(BIN)/pytest $(BESIDE) $(DECIDING) --cov
	@$(BIN)/pytest $(BESIDE) $(addprefix --ignore=,$(DECIDING))
endif

test-codex: NAMES := codex
test-codex: agents ## Install Codex, and run the tests of it
	@$(BIN)/pytest tests/real -k codex

bench: install ## Measure speed and size, and write bench/latest.json
	@.ci/need node=nodejs npm=npm
	@$(BIN)/python -m bench $(ARGS)

lock: install ## Choose the newest releases that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--generate-hashes --upgrade --custom-compile-command "make lock" --quiet -o requirements.lock
