# make demo | test | test-long | test-oldest | coverage | docs | bench | soak | clean
# Requires Python >= 3.11 and make; the rest is installed into .venv. To select another interpreter:
# `make clean`, then `PYTHON=python3.12 make demo`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The font cache of matplotlib is inside .venv: nothing is read from or written to the home directory.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib

.NOTPARALLEL:
.PHONY: help demo lint test test-long coverage docs bench soak clean

help:
	@echo "make demo         compare the autoencoder with PCA: a table and demo/digits.png"
	@echo "make test         check style, types and import rules, and run the tests"
	@echo "make coverage     run the tests and measure their coverage"
	@echo "make test-long    run the slow tests"
	@echo "make test-oldest  run the tests with the oldest supported versions, in .venv-oldest"
	@echo "make docs         build the site in docs/_build/html, including the gallery"
	@echo "make bench        run the benchmarks; some of them take a long time"
	@echo "make soak         test interruptions, terminated processes, threads and memory for an hour"
	@echo "make clean        remove all generated files, including .venv and .venv-oldest"

demo: $(VENV)/installed-plot
	@$(BIN)/python examples/demo.py

# One thread per process: more would wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 \
	--dist worksteal

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/shared_docstrings.py --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(PYTEST)

test-long: $(VENV)/installed-dev
	$(PYTEST) -m long

coverage: $(VENV)/installed-dev
	$(PYTEST) --cov --cov-fail-under=95

docs: $(VENV)/installed-docs
	OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/python -m sphinx -W --keep-going -q -d docs/_build/doctrees \
		docs docs/_build/html
	@echo docs/_build/html/index.html

bench: $(VENV)/installed-bench
	$(BIN)/python benchmarks/pca.py
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/mnist.py
	$(BIN)/python benchmarks/denoising.py
	$(BIN)/python benchmarks/convolutional.py
	$(BIN)/python benchmarks/series.py
	$(BIN)/python benchmarks/likelihood.py
	$(BIN)/python benchmarks/generation.py --rows 2000
	$(BIN)/python benchmarks/outliers.py --seeds 5 --pyod
	$(BIN)/python benchmarks/pretraining.py
	$(BIN)/python benchmarks/wide.py
	$(BIN)/python benchmarks/embeddings.py
	$(BIN)/python benchmarks/recommender.py
	$(BIN)/python benchmarks/texts.py
	$(BIN)/python benchmarks/sparse.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/claims.py

soak: $(VENV)/installed-dev
	$(BIN)/python benchmarks/soak.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/speed.py --part busy

clean:
	rm -rf $(VENV) demo build dist .coverage .*_cache
	rm -rf $(OLDEST)
	rm -rf docs/_build docs/gallery docs/api/generated docs/api/backreferences examples/demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp file for each extra, so that `make demo` does not install the tools of `make test`.
$(VENV)/installed-%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing the package with its extra '$*' into $(VENV); the first time takes minutes ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[$*]'
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
		"'$(PYTHON)' is not Python >= 3.11. Select another interpreter: PYTHON=python3.12 make demo"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo >&2 \
		"'$(PYTHON)' cannot create virtual environments. Install its venv module (Debian, Ubuntu:" \
		"apt install python3-venv), or select another interpreter: PYTHON=python3.12 make demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The oldest supported versions; some of them have no wheels for Python >= 3.13. To select another
# interpreter: `OLDEST_PYTHON=python3.11 make test-oldest`.
OLDEST_PYTHON ?= $(PYTHON)
OLDEST := .venv-oldest

.PHONY: test-oldest
test-oldest: $(OLDEST)/installed
	OMP_NUM_THREADS=1 MPLCONFIGDIR=$(CURDIR)/$(OLDEST)/matplotlib $(OLDEST)/bin/python -m pytest \
		--numprocesses logical --maxprocesses 4 --dist worksteal -p no:cacheprovider

$(OLDEST)/installed: pyproject.toml constraints-oldest.txt
	@$(OLDEST_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || { \
		echo >&2 "'$(OLDEST_PYTHON)' is neither Python 3.11 nor 3.12, which the oldest versions" \
		"require. Select another interpreter: OLDEST_PYTHON=python3.11 make test-oldest"; exit 1; }
	@$(OLDEST_PYTHON) -m venv --clear $(OLDEST)
	@echo "Installing the oldest versions into $(OLDEST); the first time takes minutes ..."
	@$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints-oldest.txt --editable '.[test]'
	@touch $@
