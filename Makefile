COMPOSE = docker compose
RUN = $(COMPOSE) run --rm

.DEFAULT_GOAL := help
.PHONY: help bootstrap build run shell migrate shop test exec load-fixture

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: build migrate ## build the image, set up the database, create a user with a made-up password
	$(RUN) api create-user --random

build: ## build the image
	$(COMPOSE) build

run: ## run PostgreSQL, the API and nginx on http://localhost:8000 until Ctrl-C
	$(COMPOSE) up

shell: ## a REPL with the shop's services at hand
	$(RUN) api shell

migrate: ## bring the database's schema up to date
	$(RUN) api migrate

shop: ## any command of the shop: make shop SHOP_CMD="list-products --page 2"
	$(RUN) api $(or $(SHOP_CMD),--help)

test: ## the project's tests, in a container with the development dependencies
	$(RUN) --build test

exec: ## any program in the API's container: make exec CMD="node --version"
	$(RUN) --entrypoint sh api -c '$(subst ','\'',$(or $(CMD),exec sh))'

load-fixture: ## the demo fixture, or one of yours: make load-fixture FIXTURE=products.csv
ifdef FIXTURE
	$(RUN) -T api load-fixture - < $(FIXTURE)
else
	$(RUN) api load-fixture
endif
