# `make` lists the targets. Everything runs in .venv, made from the lock files when they changed.

PORT ?= 8080
VAR ?= var
STORE ?=
BUS ?=
KAFKA_PORT ?= 9092
TESTS ?= tests
# Test processes side by side; each has servers of its own.
JOBS ?= 2

PY := .venv/bin/python
# What is needed to run, and what is needed to work on it, which is more.
RUN_ENV := sh embedded/environment.sh requirements.lock requirements-dev.lock
DEV_ENV := sh embedded/environment.sh requirements-dev.lock
export PYTHON

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test lint format docs kafka kafka-stop load bench lock clean secrets up down compose-check external kafka-user \
  compose-backup compose-restore compose-verify compose-rebuild compose-reseed \
  backup restore rebuild verify reseed

help: ## show this list
	@echo "make run starts everything; the other targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## start everything: [PORT=8080] [VAR=var] [STORE=redis://...] [BUS=kafka://host:port]
	@$(RUN_ENV) && exec $(PY) -m embedded --port "$(PORT)" --var "$(VAR)" --store "$(STORE)" --bus "$(BUS)"

test: ## run the tests: [TESTS=tests/booking] [JOBS=2]
	@$(DEV_ENV) && exec $(PY) -m pytest -n $(JOBS) --dist loadfile $(TESTS)

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
	@for app in centres booking notify; do \
	  $(PY) -m shared.web.openapi services.$$app.routes docs/openapi-$$app.yaml || exit 1; done

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

RECOVER = $(PY) -m embedded.recover --var "$(VAR)" --app "$(APP)"
APP ?=

backup: ## copy the stores into files, at one instant each: [TO=folder] [APP=booking|centres] [VAR=var]
	@$(RUN_ENV) && exec $(RECOVER) --to "$(TO)" backup

restore: ## load a backup and what the log knows beyond it: FROM=folder [APP=booking|centres] [VAR=var]
	@$(RUN_ENV) && exec $(RECOVER) --from "$(FROM)" restore

rebuild: ## make the stores anew from the log alone: [APP=booking|centres] [VAR=var]
	@$(RUN_ENV) && exec $(RECOVER) rebuild

verify: ## compare the stores with what the log says: [APP=booking|centres] [VAR=var]
	@$(RUN_ENV) && exec $(RECOVER) verify

reseed: ## tell the full state once more, after a log was lost: [APP=booking|centres] [VAR=var]
	@$(RUN_ENV) && exec $(RECOVER) reseed

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
HOST ?= 127.0.0.1
DO ?= add

secrets: ## make .env, the secrets of docker compose: once, and kept
	@sh deploy/secrets.sh .env

up: secrets ## docker compose: build and start everything, on 127.0.0.1:8080 and :8025
	@$(COMPOSE) up --build --detach

external: ## docker compose: let systems outside read from Kafka, by TLS and password: [HOST=127.0.0.1]
	@sh deploy/secrets.sh .env && sh deploy/external/certificate.sh .env "$(HOST)"

kafka-user: ## docker compose: such a system's user: [DO=add|renew|remove|list] [NAME=...]
	@$(COMPOSE) run --rm --no-deps -T topics python -m shared.bus.kafka_users $(DO) $(NAME)

down: ## docker compose: stop everything; the data stay in their volumes
	@$(COMPOSE) down

IN_COMPOSE = COMPOSE="$(COMPOSE)" sh deploy/recover.sh

compose-backup: ## docker compose: as backup, of the stack that runs: TO=folder [APP=booking|centres]
	@$(IN_COMPOSE) backup "$(TO)" $(APP)

compose-restore: ## docker compose: as restore, into the stack that runs: FROM=folder [APP=booking|centres]
	@$(IN_COMPOSE) restore "$(FROM)" $(APP)

compose-verify: ## docker compose: as verify: [APP=booking|centres]
	@$(IN_COMPOSE) verify "" $(APP)

compose-rebuild: ## docker compose: as rebuild: [APP=booking|centres]
	@$(IN_COMPOSE) rebuild "" $(APP)

compose-reseed: ## docker compose: as reseed: [APP=booking|centres]
	@$(IN_COMPOSE) reseed "" $(APP)

compose-check: ## run docker-compose.yml apart from all else, and break things in it: [ARGS=...]
	@exec $${PYTHON:-python3} -m deploy.check $(ARGS)

.DEFAULT:
	@echo "There is no target '$@': see make help" >&2; exit 2
