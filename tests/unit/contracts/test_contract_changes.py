"""What a changed contract changes, and which of it someone must say is meant."""

import pytest

from contracts import Contract, load_all
from contracts.changes import between
from contracts.types import parse
from local.contract_plan import planned, require_meant
from local.errors import HighwaterError

TRIP = next(c for c in load_all() if c.table == "trip")


def changed(**more) -> Contract:
    return Contract.model_validate(TRIP.model_dump(by_alias=True) | more)


def columns(**more) -> list[dict]:
    """The columns with these changed: a dictionary of what changes, or None for one that goes."""
    given = [c | (more.get(c["name"], {}) or {}) for c in TRIP.model_dump()["columns"]]
    return [c for c in given if more.get(c["name"], {}) is not None]


def told(new: Contract | None) -> list[tuple]:
    return [(c.key, c.destructive) for c in between(TRIP, new)]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"columns": [*columns(), {"name": "note", "type": "text"}]}, [("columns.note", False)]),
        ({"columns": columns(extra=None)}, [("columns.extra", True)]),
        ({"columns": columns(extra={"type": "decimal(12,2)"})}, [("columns.extra.type", False)]),
        ({"columns": columns(extra={"type": "decimal(9,2)"})}, [("columns.extra.type", True)]),
        ({"columns": columns(extra={"nullable": False})}, [("columns.extra.nullable", True)]),
        ({"columns": columns(status={"nullable": True})}, [("columns.status.nullable", False)]),
        ({"columns": columns(extra={"sensitive": True})}, [("columns.extra.sensitive", True)]),
        ({"history": "scd2"}, [("history", True)]),
        ({"rules": [], "freshness": 60}, [("rules", False), ("freshness", False)]),
        ({"cursor": {"column": "updated_at", "kind": "timestamp", "lookback": 60}}, [("cursor", False)]),
        ({"cursor": {"column": "created_at", "kind": "timestamp"}}, [("cursor", True)]),
        (
            {"gold": TRIP.gold.model_dump() | {"table": "trips", "aggregates": []}},
            [("gold.table", True), *((f"gold.{a.table}", True) for a in TRIP.gold.aggregates)],
        ),
    ],
)  # fmt: skip
def test_a_change_is_additive_unless_it_takes_something_from_somebody(more, found):
    assert sorted(told(changed(**more))) == sorted(found)


def test_a_table_may_come_and_may_not_go_unasked():
    assert [(c.key, c.destructive) for c in between(None, TRIP)] == [("table", False)]
    assert told(None) == [("table", True)]
    assert between(TRIP, TRIP) == []


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [("smallint", "bigint", True), ("bigint", "integer", False), ("integer", "decimal(12,2)", True),
     ("integer", "decimal(10,2)", False), ("varchar(8)", "varchar(9)", True), ("varchar(8)", "text", True),
     ("text", "varchar(99)", False), ("timestamp(3)", "timestamp", True), ("timestamp", "timestamp(0)", False),
     ("timestamp", "localtime", False), ("double", "decimal(38,2)", False)],
)  # fmt: skip
def test_a_type_widens_where_every_value_has_a_place(old, new, wider):
    assert parse(old).widens_to(parse(new)) is wider


def test_a_destructive_change_is_refused_until_it_is_said_to_be_meant():
    row = {"table_name": "trip", "version": TRIP.version, "definition": TRIP.model_dump_json(by_alias=True)}
    assert planned([row], [TRIP]) == []
    assert planned([], [TRIP]) == [], "nothing is deployed, so nothing can be lost"
    found = planned([row], [changed(columns=columns(extra=None))])
    with pytest.raises(HighwaterError, match="trip") as refused:
        require_meant(found, ["zone"])
    assert "columns.extra: decimal(10,2) -> None" in refused.value.why
    assert refused.value.next_step.endswith("--replace trip")
    require_meant(found, ["trip"])
    unread = planned([row | {"definition": None, "version": "older"}], [TRIP])
    assert [(c.key, c.old, c.destructive) for c in unread] == [("version", "older", False)]
