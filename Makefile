# evigil: `make help` says what there is. Everything lands in .venv and demo; no root, nothing by hand.
.DEFAULT_GOAL := help
.PHONY: help demo test test-long lint raw schema locks clean
.DELETE_ON_ERROR:

CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
BIN := .venv/bin
SOURCES := scripts tests benchmarks

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp  ## set up, simulate a cohort into demo/ and run everything on it
	@$(BIN)/evigil simulate demo
	@if [ -n "$$(ls demo/.snakemake/locks 2>/dev/null)" ]; then \
		echo "an earlier run was interrupted: resuming it"; \
		$(BIN)/snakemake --directory demo --configfile demo/config/config.yaml --cores 1 --unlock --quiet all; fi
	$(BIN)/snakemake --directory demo --configfile demo/config/config.yaml --cores $(CORES)
	@echo "open demo/results/reports/index.html"

test: lint  ## set up, then lint, formats, types and all checks
	$(BIN)/pytest -n $(CORES) --dist worksteal -m "not slow"

test-long: .venv/test.stamp  ## the statistical checks with many seeds (not in CI)
	$(BIN)/pytest -n $(CORES) --dist worksteal -m slow

lint: .venv/test.stamp
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy

raw: .venv/run.stamp  ## install what a search of raw runs needs (format mzml), into .venv
	@sh envs/setup.sh raw

schema: .venv/run.stamp  ## write the schemas and docs/configuration.md from the models
	$(BIN)/evigil schema

locks:  ## resolve the requirements anew (needs uv)
	cd envs && for name in requirements requirements-cluster requirements-cloud requirements-raw requirements-test; do \
		uv pip compile -q --generate-hashes --no-annotate --no-header --python-version 3.11 $$name.in -o $$name.lock; done

clean:  ## remove the demo and what the tools cache; .venv stays
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

# the set-up is done once for each lock; the test requirements hold those of a run
.venv/run.stamp: envs/requirements.lock pyproject.toml envs/setup.sh
	@test -e .venv/test.stamp -a .venv/test.stamp -nt envs/requirements.lock || sh envs/setup.sh run
	@touch $@

.venv/test.stamp: envs/requirements-test.lock envs/requirements-cloud.lock pyproject.toml envs/setup.sh
	@sh envs/setup.sh test
	@touch $@
