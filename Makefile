# The two commands that matter: `make demo` and `make test`. Each does all set-up first.

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-fast test-classic console-test pictures reliability golden docs powerbi traps lint actionlint clean

# The first Python on PATH that serves; the project's own environment is made with it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo "$$python" && break; done)

help:  ## show these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
	while IFS='|' read -r target what; do printf '%-18s %s\n' "$$target" "$$what"; done

setup:  ## install all that the laptop needs: Python packages, Java, Pulumi, Delta's jars
	@if [ -z "$(PYTHON)" ]; then \
		echo "setup: Python 3.11, 3.12 or 3.13 is needed, and none is on PATH." >&2; \
		echo "setup: Install one (as root on Debian: apt-get install python3 python3-venv), or: make PYTHON=/path/to/python" >&2; \
		exit 1; fi
	@"$(PYTHON)" -m local.toolchain.bootstrap

demo: setup  ## bring the local stack up, replay a month of trips, show what moved and how long it took
	@.venv/bin/highwater demo

# What a runner adds to it: slow+slow-spark
TIERS ?= unit spark+services

test: setup  ## every test but the slow ones, the fast ones first
	@.venv/bin/python -m local.toolchain.tiers $(TIERS)

test-slow: setup  ## what takes minutes more: whole deployments of every Azure stack against recording providers
	@.venv/bin/python -m local.toolchain.tiers slow+slow-spark

test-fast: setup  ## the unit tests alone
	@.venv/bin/python -m local.toolchain.tiers unit

test-classic: setup  ## the transforms' tests once more, on classic Spark instead of Spark Connect
	@HIGHWATER_TEST_SPARK=classic .venv/bin/pytest -q tests/integration/transforms

console-test: setup  ## every page and action of the console, in a real browser
	@.venv/bin/python -m local.toolchain.browser
	@.venv/bin/python -m local.toolchain.tiers console

pictures: setup  ## a picture of every page of the console into docs/pictures, of a stack that is filled for it
	@.venv/bin/python -m local.toolchain.browser
	@.venv/bin/python tests/helpers/pictures.py

reliability: setup  ## break runs at every point, replay a thousand histories: what was tried, lost and doubled
	@.venv/bin/python -m local.toolchain.reliability

golden: setup  ## refresh the snapshots of what each stack declares; review their diff
	@for stack in local dev staging prod pr-7; do \
		.venv/bin/highwater declare --stack "$$stack" --snapshot || exit 1; done

docs: setup  ## write docs/dictionary.md and docs/lineage.md anew from the contracts and the code
	@.venv/bin/python -m local.lineage

powerbi: setup  ## write the Power BI model and report anew from the contracts and powerbi/definition.yaml
	@.venv/bin/python -m powerbi

traps: setup  ## undo the handling of each of Azure's traps in a copy, and see its test go red
	@.venv/bin/python tests/undo_traps.py

lint: setup  ## ruff: rules and format
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

actionlint:  ## the GitHub workflows, by the actionlint on PATH
	@command -v actionlint >/dev/null || { \
		echo "actionlint is not on PATH: go install github.com/rhysd/actionlint/cmd/actionlint@latest" >&2; exit 1; }
	@actionlint

clean:  ## remove what tests and builds leave; neither the environment nor the local stack
	@rm -rf .pytest_cache .ruff_cache .hypothesis build dist
	@find . -name __pycache__ -not -path './.venv/*' -type d -prune -exec rm -rf {} +
