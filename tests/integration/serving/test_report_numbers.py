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
from contracts.model import Aggregate
from local import source
from local.report import Report, reading
from local.serving import engine
from local.source.generator import MONTH, ZONES

pytestmark = pytest.mark.postgres

# Words of Spark SQL that DuckDB has under another name
MACROS = """
create macro to_date(x) as cast(x as date);
create macro unix_seconds(x) as cast(floor(epoch(x)) as bigint);
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
    for contract in CONTRACTS.values():
        for table, content in gold(line, contract):
            write(line.lake.folder / "gold" / table, content)
    published = {"batch_id": [7], "run_id": ["run"], "published_at": pa.array([PUBLISHED], INSTANT)}
    write(line.lake.folder / "gold" / "published_batch", pa.table(published))
    return line


def gold(line: Line, contract: Contract) -> Iterator[tuple[str, pa.Table]]:
    good = " and ".join(f"({r.condition})" for r in contract.rules if r.severity == "quarantine") or "true"
    with engine.session(reads_delta=False) as connection:
        connection.execute(MACROS)
        connection.register("rows", line.source(contract))
        connection.execute(f"create table gold as select * from rows where {good}")
        for derived in contract.gold.derived:
            more = f"{derived.expression} as {derived.name}"
            connection.execute(f"create or replace table gold as select *, {more} from gold")
        versions = "null::timestamp as valid_from, null::timestamp as valid_to, true as is_current, "
        extra = versions if contract.history == "scd2" else ""
        yield contract.gold.table, cast(connection, f"select *, {extra}7 as _batch_id, false as _removed from gold",
                                        gold_schema(contract))  # fmt: skip
        for aggregate in contract.gold.aggregates:
            yield aggregate.table, aggregated(connection, aggregate)


def tables_of(contract: Contract) -> list[str]:
    return [contract.gold.table, *(a.table for a in contract.gold.aggregates)]


def aggregated(connection, aggregate: Aggregate) -> pa.Table:
    items = (*aggregate.group_by, *aggregate.measures)
    said = ", ".join(f"{i.expression} as {i.name}" for i in items)
    schema = pa.schema([*((i.name, arrow_type(i.parsed)) for i in items), ("_batch_id", pa.int64())])
    where = aggregate.where or "true"
    by = ", ".join(g.expression for g in aggregate.group_by)
    return cast(connection, f"select {said}, 7 as _batch_id from gold where {where} group by {by}", schema)


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
