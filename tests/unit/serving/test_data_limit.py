"""Synapse bills what a query reads: the limit of a day, where a stack sets one, is declared on the pool itself."""

import json
from collections.abc import Callable

from local.declare import resources, stack_config
from sql import serving

SCRIPT = "pulumi-python:dynamic/highwater:SqlScript"


def limits(found: list[dict]) -> list[tuple[str, str]]:
    """(database, script) of each script that sets a limit."""
    scripts = [r["inputs"] for r in found if r["type"] == SCRIPT]
    return [(s["database"], s["script"]) for s in scripts if "sp_set_data_processed_limit" in s["script"]]


def test_the_statement_sets_the_day_s_limit():
    assert serving.data_limit(2) == "EXEC sp_set_data_processed_limit @type = N'daily', @limit_tb = 2;\n"


def test_a_stack_has_a_limit_only_where_it_is_set(estate: Callable):
    assert limits(estate("local")) == []
    config = stack_config("dev") | {"highwater:serving": json.dumps({"daily_terabytes": 3})}
    ((database, script),) = limits(resources("dev", config))
    assert database == "master"
    assert "@limit_tb = 3" in script
