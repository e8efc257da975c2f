COMPOSE = docker compose
RUN = $(COMPOSE) run --rm

.DEFAULT_GOAL := help
.PHONY: help bootstrap build run shell migrate shop test exec load-fixture

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: build migrate ## build the image, migrate the database, create a user and print the password
	$(RUN) api create-user --random

build: ## build the image
	$(COMPOSE) build

run: ## run PostgreSQL, the API and nginx on http://localhost:8000 until Ctrl-C
	$(COMPOSE) up

shell: ## start a REPL with the services of the shop
	$(RUN) api shell

migrate: ## migrate the database
	$(RUN) api migrate

shop: ## run any command: make shop SHOP_CMD="list-products --page 2"
	$(RUN) api $(or $(SHOP_CMD),--help)

test: ## run npm test in a separate image with the development dependencies
	$(RUN) --build test

exec: ## run any program in the API's container: make exec CMD="node --version"
	$(RUN) --entrypoint sh api -c '$(subst ','\'',$(or $(CMD),exec sh))'

load-fixture: ## load the demo fixture, or your own: make load-fixture FIXTURE=products.csv
ifdef FIXTURE
	$(RUN) -T api load-fixture - < $(FIXTURE)
else
	$(RUN) api load-fixture
endif
