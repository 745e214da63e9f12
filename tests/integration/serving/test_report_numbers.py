"""The report's every visual gives the numbers of a query on the source that was written by hand.

Gold is made here as the contracts say, by DuckDB; that the pipeline makes it so is what other tests are about.
"""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pyarrow as pa
import pytest
from delta_writer import INSTANT, arrow_type, gold_schema, write
from report_numbers import compare
from served_line import CONTRACTS, Line

from contracts import Contract
from contracts.columns import Named
from contracts.gold import Aggregate, Lookup, Static
from local import source
from local.report import Report, reading
from local.serving import engine
from local.source.generator import MONTH, ZONES

pytestmark = pytest.mark.postgres

# Words of Spark SQL that DuckDB has under another name
MACROS = """
create macro to_date(x) as cast(x as date);
create macro unix_seconds(x) as cast(floor(epoch(x)) as bigint);
create macro unix_micros(x) as epoch_us(x);
create macro timestamp_seconds(x) as make_timestamp(cast(x as bigint) * 1000000);
create macro from_utc_timestamp(x, zone) as timezone(zone, timezone('UTC', cast(x as timestamp)));
create macro date_format(x, f) as case f when 'MMMM' then monthname(x) else dayname(x) end;
create macro weekday(x) as isodow(x) - 1;
create macro lpad(x, n, filler) as right(repeat(filler, n) || x, n);
"""
PUBLISHED = datetime(2026, 3, 1, 12, 30)
CHANGES = """
update mobility.trip set is_deleted = true where trip_id % 41 = 0;
update mobility.trip set driver_id = null where trip_id % 43 = 0;
update mobility.trip set pickup_zone_id = null where trip_id % 47 = 0;
update mobility.trip set dropoff_at = null where trip_id % 53 = 0;
update mobility.trip set status = 'cancelled', total_amount = 0 where trip_id % 13 = 0;
update mobility.trip set status = 'open', dropoff_at = null where trip_id % 59 = 0;
update mobility.trip set refunded_amount = total_amount, status = 'refunded'
    where trip_id % 17 = 0 and total_amount > 0;
update mobility.trip set refunded_amount = -1 where trip_id % 101 = 0;
update mobility.driver set rating = 9 where driver_id = 3;
update mobility.driver set is_deleted = true where driver_id = 5
"""


@pytest.fixture
def served(line: Line) -> Iterator[Line]:
    """A source with trips that end in every way, and gold as the contracts make it of them."""
    source.seed(line.database.conninfo(), MONTH, ZONES, drivers=40, limit=4_000)
    for change in CHANGES.split(";"):
        line.sql(change)
    with engine.session(reads_delta=False) as connection:
        connection.execute(MACROS)
        for contract in sorted(CONTRACTS.values(), key=lambda c: c.gold.role):  # dimensions first
            for table, content in gold(line, contract, connection):
                write(line.lake.folder / "gold" / table, content)
    published = {"batch_id": [7], "run_id": ["run"], "published_at": pa.array([PUBLISHED], INSTANT)}
    write(line.lake.folder / "gold" / "published_batch", pa.table(published))
    return line


def gold(line: Line, contract: Contract, connection) -> Iterator[tuple[str, pa.Table]]:
    """Each gold table of the contract, which stays in `connection` under its name for those who look it up."""
    own, star = contract.gold.table, contract.gold
    for static in star.static:
        yield static.table, standing(connection, static)
    good = " and ".join(f"({r.condition})" for r in contract.rules if r.severity == "quarantine") or "true"
    connection.register("landed", line.source(contract))
    connection.execute(f"create table {own} as select * from landed where {good}")
    for lookup in star.lookups:
        look_up(connection, own, lookup)
    derive(connection, own, star.derived)
    if star.numbered:
        n = star.numbered
        place = f"row_number() over (partition by {', '.join(n.within)} order by {', '.join(n.order)})"
        connection.execute(f"create or replace table {own} as select *, {place} as {n.name} from {own}")
    begins = "timestamp '1900-01-01'"
    ends = f", {begins} as valid_from, null::timestamp as valid_to, true as is_current"
    tail = f"{ends if contract.history == 'scd2' else ''}, 7 as _batch_id, false as _removed"
    connection.execute(f"create or replace table {own} as select *{tail} from {own}")
    if star.unknown:
        columns, values = ", ".join(star.unknown), ", ".join(f"'{v}'" for v in star.unknown.values())
        connection.execute(f"insert into {own} ({columns}, _batch_id, _removed) values ({values}, 7, false)")
    if contract.history == "scd2":
        connection.execute(f"update {own} set valid_from = {begins}, is_current = true")
    yield own, cast(connection, f"select * from {own}", gold_schema(contract))
    for aggregate in star.aggregates:
        yield aggregate.table, aggregated(connection, own, aggregate)


def standing(connection, static: Static) -> pa.Table:
    """A table that stands still, and is made from the contract alone."""
    given = (static.key, *static.columns)
    columns = ", ".join(f"{c.name} {c.parsed.spark}" for c in given)
    connection.execute(f"create table {static.table} ({columns})")
    if static.sequence:
        s, kind = static.sequence, static.key.parsed.spark
        ends = f"'{s.first}'::{kind}, '{s.last}'::{kind}, {s.step}"
        connection.execute(f"insert into {static.table} select unnest(generate_series({ends}))")
    else:
        connection.executemany(
            f"insert into {static.table} values ({', '.join('?' * len(given))})", list(static.rows)
        )
    derive(connection, static.table, static.derived)
    schema = pa.schema([*((c.name, arrow_type(c.parsed)) for c in static.served), ("_batch_id", pa.int64())])
    return cast(connection, f"select *, 7 as _batch_id from {static.table}", schema)


def look_up(connection, own: str, lookup: Lookup) -> None:
    """The source has one version of everything, so no moment plays a part."""
    on = " and ".join(f"d.{theirs} = r.{ours}" for theirs, ours in lookup.key.items())
    there = f"d.{next(iter(lookup.key))} is not null"
    taken = ", ".join(
        f"case when {there} then d.{t.column} else '{t.unknown}' end as {t.name}" for t in lookup.columns
    )
    connection.execute(
        f"create or replace table {own} as select r.*, {taken} from {own} as r"
        f" left join {lookup.dimension} as d on {on}"
    )


def derive(connection, table: str, derived: tuple) -> None:
    for d in derived:
        connection.execute(f"create or replace table {table} as select *, {said(d)} from {table}")


def said(item: Named) -> str:
    text = item.expression.replace(" div ", " // ")
    return f"cast({text} as {item.parsed.spark}) as {item.name}"


def tables_of(contract: Contract) -> list[str]:
    return list(contract.gold.tables)


def aggregated(connection, fact: str, aggregate: Aggregate) -> pa.Table:
    items = (*aggregate.group_by, *aggregate.measures)
    schema = pa.schema([*((i.name, arrow_type(i.parsed)) for i in items), ("_batch_id", pa.int64())])
    where = aggregate.where or "true"
    by = ", ".join(g.expression for g in aggregate.group_by)
    columns = ", ".join(said(i) for i in items)
    sql = f"select {columns}, 7 as _batch_id from {fact} where {where} group by {by}"
    return cast(connection, sql, schema)


def cast(connection, sql: str, schema: pa.Schema) -> pa.Table:
    found = connection.execute(sql).to_arrow_table()
    return pa.table([found[f.name].cast(f.type) for f in schema], schema=schema)


def test_every_visual_shows_what_the_source_has(served: Line):
    contracts = tuple(CONTRACTS.values())
    with (
        reading(Report(), served.lake.server) as session,
        psycopg.connect(served.database.conninfo()) as connection,
    ):
        numbers = compare(session, connection, contracts, batch=7, published=PUBLISHED)
    assert not numbers.wrong, str(numbers.wrong)
    assert numbers.empty == []
    assert numbers.of_queens == numbers.expected_of_queens
    assert numbers.batches == sorted((t, 7, True) for c in contracts for t in tables_of(c))
