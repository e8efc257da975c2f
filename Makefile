COMPOSE = docker compose
# As the role that owns the tables, which some commands need.
RUN = $(COMPOSE) run --rm migrate

.DEFAULT_GOAL := help
.PHONY: help bootstrap env build run shell migrate shop test exec load-fixture

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: env build migrate ## make up passwords, build the image, migrate the database, create a user and print the password
	$(RUN) create-user --random

env: ## write a .env with random passwords, unless there is one
	scripts/create-env.sh

build: ## build the image
	$(COMPOSE) build

run: ## run PostgreSQL, the API and nginx on http://localhost:8000 until Ctrl-C
	$(COMPOSE) up

shell: ## start a REPL with the services of the shop
	$(RUN) shell

migrate: ## migrate the database
	$(RUN) migrate

shop: ## run any command: make shop SHOP_CMD="list-products --page 2"
	$(RUN) $(or $(SHOP_CMD),--help)

test: ## run npm test in a separate image with the development dependencies
	$(COMPOSE) run --rm --build test

exec: ## run any program in the API's container: make exec CMD="node --version"
	$(COMPOSE) run --rm --entrypoint sh api -c '$(subst ','\'',$(or $(CMD),exec sh))'

load-fixture: ## load the demo fixture, or your own: make load-fixture FIXTURE=products.csv
ifdef FIXTURE
	$(COMPOSE) run --rm -T migrate load-fixture - < $(FIXTURE)
else
	$(RUN) load-fixture
endif
