"""Tables for fault tests, changes at their source, and whether a lake has healed."""

import time

import psycopg

from contracts import Contract

MARGIN = 0.2


def _contract(table: str, columns: list[dict], **more) -> Contract:
    return Contract.model_validate({
        "table": table, "description": "", "owner": "tests", "freshness": 900, "primary_key": ["thing_id"],
        "columns": [{"name": "thing_id", "type": "bigint", "nullable": False}, {"name": "zone", "type": "integer"},
                    *columns],
        **more,
    })  # fmt: skip


def tables() -> tuple[Contract, ...]:
    """One table that changes, with a restricted column, a rule and an aggregate; one that grows."""
    aggregate = {
        "table": "agg_thing", "group_by": [{"name": "zone", "type": "integer", "expression": "zone"}],
        "measures": [{"name": "things", "type": "bigint", "expression": "count(*)"}],
    }  # fmt: skip
    return (
        _contract(
            "thing",
            [{"name": "secret", "type": "varchar(20)", "sensitive": True},
             {"name": "updated_at", "type": "timestamp", "nullable": False}],
            mode="upsert", cursor={"column": "updated_at", "kind": "timestamp"},
            source={"schema": "mobility", "table": "thing"},
            rules=[{"name": "zone_known", "condition": "zone is null or zone >= 0", "severity": "quarantine"}],
            gold={"table": "fact_thing", "role": "fact", "aggregates": [aggregate]},
        ),
        _contract(
            "event", [], mode="append", cursor={"column": "thing_id", "kind": "integer"},
            source={"schema": "mobility", "table": "event", "identity": "thing_id"},
            gold={"table": "fact_event", "role": "fact"},
        ),
    )  # fmt: skip


THINGS = """
insert into mobility.thing (thing_id, zone, secret, updated_at)
select (select coalesce(max(thing_id), 0) from mobility.thing) + n, n % 3, 'new', clock_timestamp()
from generate_series(1, 3) n;
update mobility.thing set zone = (zone + 1) % 3, secret = 'changed ' || thing_id, updated_at = clock_timestamp()
where thing_id % 4 = (select count(*) from mobility.thing) % 4 and zone >= 0;
insert into mobility.thing (thing_id, zone, updated_at)
select max(thing_id) + 1, -1, clock_timestamp() from mobility.thing;
"""
EVENTS = "insert into mobility.event (zone) select n from generate_series(1, 3) n;"


def change(made, point: str = "") -> None:
    """Rows for a run to move: of the table alone that the fault's point names, so that a run is short."""
    statement = EVENTS if "event" in point else THINGS if "thing" in point else THINGS + EVENTS
    with psycopg.connect(made.conninfo()) as connection:
        connection.execute(statement)
    time.sleep(MARGIN + 0.1)


def prepare(made) -> None:
    with psycopg.connect(made.conninfo(), autocommit=True) as connection:
        connection.execute(f"update control.setting set value = {MARGIN} where name = 'margin_seconds'")


def assert_settled(made, fault: object) -> None:
    """Nothing is left in the ledger, and it has no breach."""
    with psycopg.connect(made.conninfo()) as connection:
        assert connection.execute("select * from control.ledger_check()").fetchall() == [], fault
        open_ones = "select table_name, status from control.window_list where status <> 'merged'"
        assert connection.execute(open_ones).fetchall() == [], fault


def assert_healed(made, fault: object) -> None:
    """Silver, gold, the restricted table and the aggregate are what the source holds; all windows are merged."""
    good = made.source("select thing_id, zone, secret from mobility.thing where zone >= 0 order by 1")
    events = made.source("select thing_id, zone from mobility.event order by 1")
    groups = made.source("select zone, count(*) from mobility.thing where zone >= 0 group by 1 order by 1")
    three, two = (
        f"select {columns} from {{table}} order by 1"
        for columns in ("thing_id, zone, secret", "thing_id, zone")
    )
    secrets = "select thing_id, secret from {table} order by 1"
    found = {
        "silver": made.lake_rows("silver", "thing", three),
        "gold": made.lake_rows("gold", "fact_thing", two),
        "restricted": made.lake_rows("restricted", "fact_thing", secrets),
        "groups": made.lake_rows("gold", "agg_thing", "select zone, things from {table} order by 1"),
        "silver events": made.lake_rows("silver", "event", two),
        "events": made.lake_rows("gold", "fact_event", two),
        "quarantine": made.lake_rows("quarantine", "thing", "select count(*) from {table}"),
    }
    bad = made.source("select count(*) from mobility.thing where zone < 0")
    expected = {
        "silver": good, "gold": [row[:2] for row in good], "restricted": [(r[0], r[2]) for r in good],
        "groups": groups, "silver events": events, "events": events, "quarantine": bad,
    }  # fmt: skip
    wrong = {name: (found[name], rows) for name, rows in expected.items() if found[name] != rows}
    assert wrong == {}, f"after {fault}: (found, expected) {wrong}"
    assert_settled(made, fault)
