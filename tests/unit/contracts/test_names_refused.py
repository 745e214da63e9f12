"""Names go into SQL, paths and Delta: whatever is not of their small alphabet is refused at the door."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import Contract, types

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


def contract(**more) -> Contract:
    return Contract.model_validate({
        "table": "thing", "description": "", "owner": "o", "source": {"schema": "s", "table": "t"}, "freshness": 60,
        "columns": [{"name": "id", "type": "bigint", "nullable": False}], "mode": "snapshot", "primary_key": ["id"],
        "gold": {"table": "g", "role": "fact"}, **more,
    })  # fmt: skip


PLACES = {
    "table": lambda n: {"table": n},
    "source.schema": lambda n: {"source": {"schema": n, "table": "t"}},
    "source.table": lambda n: {"source": {"schema": "s", "table": n}},
    "columns.name": lambda n: {"columns": [{"name": n, "type": "bigint"}]},
    "primary_key": lambda n: {"primary_key": [n]},
    "cursor.column": lambda n: {"cursor": {"column": n, "kind": "integer"}},
    "deletes.column": lambda n: {"deletes": {"kind": "soft", "column": n}},
    "rules.name": lambda n: {"rules": [{"name": n, "condition": "true"}]},
    "gold.table": lambda n: {"gold": {"table": n, "role": "fact"}},
}


@settings(max_examples=300, deadline=None)
@given(name=st.one_of(st.text(max_size=70), st.from_regex(r"[a-zA-Z0-9_'\"`;./\\ -]{0,70}")),
       where=st.sampled_from(sorted(PLACES)))  # fmt: skip
@example(name="x\n", where="table")
@example(name="x';drop table t;--", where="columns.name")
@example(name="../../etc", where="gold.table")
@example(name="ⅷ", where="table")
@example(name="", where="table")
def test_a_name_is_of_its_alphabet_or_refused(name, where):
    if NAME.match(name):
        contract(**PLACES[where](name))
    else:
        with pytest.raises(ValidationError):
            contract(**PLACES[where](name))


@settings(max_examples=200, deadline=None)
@given(kind=st.text(max_size=30))
@example(kind="bigint); drop table x; --")
@example(kind="varchar(8) default '")
def test_a_type_is_one_of_the_known_or_refused(kind):
    try:
        found = contract(columns=[{"name": "id", "type": kind, "nullable": False}]).columns[0]
    except ValidationError:
        return
    name, arguments = re.fullmatch(r"([a-z]+)(\(\d+\s*(,\s*\d+\s*)?\))?", found.type).group(1, 2)
    assert name in types.NAMES, (name, arguments)
