# make demo | test | docs | bench | soak | clean. Needs Python >= 3.11 and make; the rest goes into .venv.
# Another interpreter: `make clean`, then `PYTHON=python3.12 make demo`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# matplotlib's font cache lives with us: nothing is read from or written to the home directory.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib

.NOTPARALLEL:
.PHONY: help demo test docs bench soak clean

help:
	@echo "make demo    a table and demo/digits.png: the autoencoder beside PCA"
	@echo "make test    style, types, import rules, tests with coverage"
	@echo "make docs    the site, in docs/_build/html; the gallery runs all examples"
	@echo "make bench   the benchmarks, some of them long"
	@echo "make soak    interruptions, kills, threads, memory, for an hour"
	@echo "make clean   remove everything that make has made, .venv included"

demo: $(VENV)/installed-plot
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 \
		--dist worksteal --cov --cov-fail-under=95

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
	$(BIN)/python benchmarks/likelihood.py
	$(BIN)/python benchmarks/generation.py --rows 2000
	$(BIN)/python benchmarks/outliers.py --seeds 5 --pyod
	$(BIN)/python benchmarks/pretraining.py
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

# One stamp for each extra: `make demo` need not wait for the tools of `make test`.
$(VENV)/installed-%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing the package with its extra '$*' into $(VENV); the first time takes minutes ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[$*]'
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
		"'$(PYTHON)' is not a Python >= 3.11. Name one, as in: PYTHON=python3.12 make demo"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo >&2 \
		"'$(PYTHON)' cannot make virtual environments. Install its venv module (Debian, Ubuntu:" \
		"apt install python3-venv), or name another Python: PYTHON=python3.12 make demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The oldest versions that constraints-oldest.txt names; some have no wheels for Python >= 3.13.
# Another interpreter: `OLDEST_PYTHON=python3.11 make test-oldest`.
OLDEST_PYTHON ?= $(PYTHON)
OLDEST := .venv-oldest

.PHONY: test-oldest
test-oldest: $(OLDEST)/installed
	OMP_NUM_THREADS=1 MPLCONFIGDIR=$(CURDIR)/$(OLDEST)/matplotlib $(OLDEST)/bin/python -m pytest \
		--numprocesses logical --maxprocesses 4 --dist worksteal -p no:cacheprovider

$(OLDEST)/installed: pyproject.toml constraints-oldest.txt
	@$(OLDEST_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || { \
		echo >&2 "'$(OLDEST_PYTHON)' is neither Python 3.11 nor 3.12, which the oldest versions" \
		"need. Name one, as in: OLDEST_PYTHON=python3.11 make test-oldest"; exit 1; }
	@$(OLDEST_PYTHON) -m venv --clear $(OLDEST)
	@echo "Installing the oldest versions into $(OLDEST); the first time takes minutes ..."
	@$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints-oldest.txt --editable '.[test]'
	@touch $@
