.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage browser frames kills fuzz podman lab bench chaos image clean docs
with_engine := .venv/bin/python .ci/engine.py

# Jupyter asks for this where one is root, as in many containers.
as_root := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## make the environment in .venv
	@bash .ci/setup.sh

demo: setup ## run a notebook in a container of its own and show its record
	@$(with_engine) --optional --image bash .ci/demo.sh

test: setup ## check everything that this machine can check
	@$(with_engine) --optional --image --browser bash .ci/test.sh

browser: setup ## drive the panel in Chromium; pictures of all views go to tests/e2e/browser/screenshots
	@$(with_engine) --optional --image --browser .venv/bin/pytest -q tests/e2e/browser

docs: setup ## build the documentation into docs/_build/html
	@.venv/bin/sphinx-build -W --keep-going -q -b html docs docs/_build/html

coverage: setup ## measure which lines and branches the tests reach; below the floor of pyproject.toml it fails
	@rm -rf .cache/coverage
	@$(with_engine) --optional --image .venv/bin/coverage run -m pytest -q -n 2 --dist loadfile tests/unit tests/properties tests/contract tests/integration
	@.venv/bin/coverage combine -q
	@.venv/bin/coverage report

frames: setup ## try 200,000 forged and broken frames on the owner and its store (some minutes)
	@JUPYTER_BATCH_FRAMES=200000 .venv/bin/pytest -q tests/properties/test_frame_gate.py tests/integration/store/test_hostile_frames.py

kills: setup ## kill the store's writer at 500 random moments (about five minutes)
	@JUPYTER_BATCH_KILLS=500 .venv/bin/pytest -q tests/integration/store/test_crashes.py

fuzz: setup ## try 200,000 made-up inputs of each kind (FUZZ=200000) where the tests try some hundreds
	@JUPYTER_BATCH_FUZZ=$(or $(FUZZ),200000) .venv/bin/pytest -q --timeout 0 -n 2 tests/properties/test_paths.py tests/properties/test_shown_text.py tests/properties/test_command_lines.py tests/properties/test_foreign_servers.py tests/properties/test_secrets_masked.py

podman: setup ## run the notebooks of reported faults on Podman in the place of Docker (root)
	@$(with_engine) --image bash .ci/podman.sh .venv/bin/pytest -q -m docker tests/e2e/whole/test_reported_notebooks.py

lab: setup ## open JupyterLab with the extension
	@$(with_engine) --optional .venv/bin/jupyter lab $(as_root) --notebook-dir=notebooks

bench: setup ## measure, side by side with the papermill command
	@$(with_engine) --optional --image .venv/bin/python -m tests.benchmarks

chaos: setup ## kill everything at random moments: make chaos SEED=7 ROUNDS=100 EXECUTOR=docker (docker: root, Linux)
	@$(with_engine) $(if $(EXECUTOR:docker=),--optional,--image) .venv/bin/python -m tests.chaos --rounds $(or $(ROUNDS),100) $(if $(SEED),--seed $(SEED)) $(if $(EXECUTOR),--executor $(EXECUTOR))

image: setup ## get the job image
	@$(with_engine) --image true

clean: ## remove what was made here (the engine's cache stays: ~/.cache/jupyter-batch)
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build demo-output docs/_build docs/reference/generated
