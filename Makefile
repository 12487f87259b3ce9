# `make` lists the targets. Everything runs in .venv, made from the lock files when they changed.

PORT ?= 8080
VAR ?= var
STORE ?=
BUS ?=
KAFKA_PORT ?= 9092
TESTS ?= tests

PY := .venv/bin/python
# What is needed to run, and what is needed to work on it, which is more.
RUN_ENV := sh embedded/environment.sh requirements.lock requirements-dev.lock
DEV_ENV := sh embedded/environment.sh requirements-dev.lock
export PYTHON

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test lint format docs kafka kafka-stop load bench lock clean secrets up down compose-check

help: ## show this list
	@echo "make run starts everything; the other targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## start everything: [PORT=8080] [VAR=var] [STORE=redis://...] [BUS=kafka://host:port]
	@$(RUN_ENV) && exec $(PY) -m embedded --port "$(PORT)" --var "$(VAR)" --store "$(STORE)" --bus "$(BUS)"

test: ## run the tests: [TESTS=tests/booking]
	@$(DEV_ENV) && exec $(PY) -m pytest $(TESTS)

lint: ## check style, types and the direction of imports
	@$(DEV_ENV)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

format: ## put the code into its form
	@$(DEV_ENV)
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

docs: ## write docs/asyncapi.yaml and docs/openapi-*.yaml anew
	@$(DEV_ENV)
	@$(PY) -m shared.contracts.asyncapi > docs/.asyncapi.new || { rm -f docs/.asyncapi.new; exit 1; }
	@mv docs/.asyncapi.new docs/asyncapi.yaml
	@$(PY) -m shared.web.openapi

kafka: ## start a Kafka broker here, for BUS=: [KAFKA_PORT=9092] (needs Java and Maven)
	@mkdir -p var && chmod 700 var
	@KEZEK_KAFKA_LIBS="$${KEZEK_KAFKA_LIBS:-$(CURDIR)/var/kafka-libs}" && export KEZEK_KAFKA_LIBS && \
	  deploy/kafka/kafka.sh libs var/kafka && deploy/kafka/kafka.sh start var/kafka $(KAFKA_PORT)
	@echo "Kafka is up. Use it: make run BUS=kafka://127.0.0.1:$(KAFKA_PORT)   End it: make kafka-stop"

kafka-stop: ## end that broker; its data stay in var/kafka
	@deploy/kafka/kafka.sh stop var/kafka

load: ## load data/ once more into what runs: [VAR=var]
	@$(RUN_ENV) && exec $(PY) -m embedded.load --var "$(VAR)"

bench: ## measure what runs: [ARGS=...]
	@$(DEV_ENV) && exec $(PY) -m bench $(ARGS)

LOCK = .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
  --universal --python-version 3.11 pyproject.toml
lock: ## write the lock files anew from pyproject.toml
	@$(DEV_ENV)
	@$(LOCK) -o requirements-base.lock
	@$(LOCK) --extra embedded -c requirements-base.lock -o requirements.lock
	@$(LOCK) --extra embedded --extra dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment and all caches, and no data
	@rm -rf .venv .venv.lock .venv.log .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# COMPOSE=docker-compose for Compose 1.29. Any Python from 3.11 on will do for the check; no package is needed.
COMPOSE ?= docker compose

secrets: ## make .env, the secrets of docker compose: once, and kept
	@sh deploy/secrets.sh .env

up: secrets ## docker compose: build and start everything, on 127.0.0.1:8080 and :8025
	@$(COMPOSE) up --build --detach

down: ## docker compose: stop everything; the data stay in their volumes
	@$(COMPOSE) down

compose-check: ## run docker-compose.yml apart from all else, and break things in it: [ARGS=...]
	@exec $${PYTHON:-python3} -m deploy.check $(ARGS)

.DEFAULT:
	@echo "There is no target '$@': see make help" >&2; exit 2
