# make app   the web app at http://localhost:8501
# make test  ruff, mypy and the tests
# make train the three stages, on the data sets under FACEKP_DATA; checkpoints go to runs/checkpoints
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARKS := $(VENV)/installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test train

app: $(MARKS)/app
	$(BIN)/python -m facekp app

test: $(MARKS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict facekp
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

train: $(MARKS)/app
	$(BIN)/python -m training

# A mark says for which requirements an environment was made, so that the second start only starts.
$(MARKS)/app: requirements.txt | $(MARKS)
	$(PIP) --requirement requirements.txt
	touch $@

$(MARKS)/dev: requirements.txt requirements-dev.txt | $(MARKS)
	$(PIP) --requirement requirements.txt --requirement requirements-dev.txt
	touch $@ $(MARKS)/app

$(MARKS):
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "facekp needs Python 3.11 or newer; call make with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	mkdir -p $@
