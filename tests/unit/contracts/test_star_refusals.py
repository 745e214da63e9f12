"""A star that cannot be served is refused, naming file, key, rule and the value found."""

import pytest
import yaml
from test_contracts import GOOD, refusal, write

from contracts import ContractError, load_all

GOLD = GOOD["gold"]
KEY = {"name": "code", "type": "smallint"}
STATIC = {"table": "dim_code", "key": KEY, "rows": [[1]]}
APPEND = {"mode": "append", "cursor": {"column": "id", "kind": "integer"}}
NUMBER = {"name": "n", "type": "integer", "within": ["price"], "order": ["id"]}

CODE = {"name": "code", "type": "varchar(3)", "nullable": False, "sensitive": True}
SECRET = {"columns": [*GOOD["columns"], CODE]}


def gold(**more) -> dict:
    return {"gold": GOLD | more}


def derived(name: str, expression: str) -> dict:
    return {"name": name, "type": "integer", "expression": expression}


def counted(expression: str) -> dict:
    group = {"name": "g", "type": "varchar(3)", "expression": expression}
    return {"table": "agg", "group_by": [group], "measures": [derived("n", "count(*)")]}


@pytest.mark.parametrize(
    ("changes", "key", "rule", "found"),
    [
        (gold(derived=[derived("a", "b + 1"), derived("b", "1")]), "gold.derived.a", "only use columns", "'b'"),
        (SECRET | gold(derived=[derived("a", "upper(code)")]), "gold.derived.a", "only use columns", "'code'"),
        (SECRET | gold(aggregates=[counted("code")]), "gold.agg.g", "only use columns", "'code'"),
        (SECRET | APPEND | gold(numbered=NUMBER | {"within": ["code"]}), "gold.numbered", "is sensitive", "'code'"),
        (gold(derived=[derived("price", "1")]), "columns", "named once", "'price'"),
        (gold(numbered=NUMBER), "gold.numbered", "stay as they are", "upsert"),
        (APPEND | {"deletes": {"kind": "keys"}} | gold(numbered=NUMBER), "gold.numbered", "stay", "keys"),
        (APPEND | gold(numbered=NUMBER), "gold.numbered", "may be null", "'price'"),
        (APPEND | gold(numbered=NUMBER | {"order": ["colour"]}), "gold.numbered", "only use columns", "'colour'"),
        (gold(by_month="colour"), "gold.by_month", "column of the contract", "'colour'"),
        (gold(by_month="price"), "gold.by_month", "a date or a timestamp", "'decimal"),
        (gold(role="dimension", by_month="updated_at"), "gold.by_month", "only a fact", "'dimension'"),
        (gold(unknown={"id": -1}), "gold.unknown", "only a dimension", "'fact'"),
        (gold(role="dimension", unknown={"price": 0}), "gold.unknown", "must give the key", "'id'"),
        (gold(role="dimension", unknown={"id": -1, "colour": 0}), "gold.unknown", "served column", "'colour'"),
        (gold(static=[STATIC | {"rows": []}]), "gold.static.dim_code", "rows or a sequence", "0"),
        (gold(static=[STATIC | {"rows": [[1, 2]]}]), "gold.static.dim_code", "1 values", "[1, 2]"),
        (gold(static=[STATIC | {"rows": [[1], [1]]}]), "gold.static.dim_code", "unique", "1"),
        (gold(static=[STATIC | {"table": "fact_thing"}]), "gold", "named once", "'fact_thing'"),
        (gold(lookups=[{"dimension": "dim_code", "key": {"code": "colour"}, "columns": []}]),
         "gold.lookups.dim_code", "refer by a column", "'colour'"),
    ],
)  # fmt: skip
def test_a_star_that_cannot_be_served_is_refused_by_name(tmp_path, changes, key, rule, found):
    text = refusal(write(tmp_path, **changes))
    assert f"{key}: " in text
    assert rule in text
    assert found in text


def lookup(**more) -> dict:
    taken = {"name": "code_key", "column": "code", "type": "smallint", "unknown": -1}
    return {"dimension": "dim_code", "key": {"code": "id"}, "columns": [taken | more.pop("taken", {})]} | more


@pytest.mark.parametrize(
    ("given", "key", "rule", "found"),
    [
        (lookup(dimension="dim_colour"), "gold.lookups.dim_colour", "dimension of some contract", "'dim_colour'"),
        (lookup(dimension="fact_thing"), "gold.lookups.fact_thing", "dimension of some contract", "'fact_thing'"),
        (lookup(key={"name": "id"}), "gold.lookups.dim_code.key", "must be the key: code", "['name']"),
        (lookup(valid_at="updated_at"), "gold.lookups.dim_code.valid_at", "with history", "'updated_at'"),
        (lookup(taken={"column": "name"}), "gold.lookups.dim_code.code_key", "served column", "'name'"),
        (lookup(taken={"type": "integer"}), "gold.lookups.dim_code.code_key", "dimension's type smallint", "'integer'"),
    ],
)  # fmt: skip
def test_a_lookup_of_what_no_contract_has_is_refused(tmp_path, given, key, rule, found):
    path = write(tmp_path, gold=GOLD | {"static": [STATIC], "lookups": [lookup()]})
    assert [c.gold.added[0].name for c in load_all(tmp_path)] == ["code_key"]
    path.write_text(yaml.safe_dump(GOOD | {"gold": GOLD | {"static": [STATIC], "lookups": [given]}}))
    with pytest.raises(ContractError) as refused:
        load_all(tmp_path)
    text = str(refused.value)
    assert text.startswith(f"thing.yaml: {key}: ")
    assert rule in text
    assert found in text
