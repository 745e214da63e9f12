"""The report's every visual gives the numbers of a query on the source that was written by hand.

Gold is made here as the contracts say, by DuckDB; that the pipeline makes it so is what other tests are about.
"""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pyarrow as pa
import pytest
from delta_writer import INSTANT, write
from gold_by_contract import gold
from report_numbers import compare
from served_line import CONTRACTS, Line

from contracts import Contract
from local import source
from local.report import Report, reading
from local.serving import engine
from local.source.generator import MONTH, ZONES

pytestmark = pytest.mark.postgres

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
        for contract in sorted(CONTRACTS.values(), key=lambda c: c.gold.role):  # dimensions first
            connection.register("landed", line.source(contract))
            for table, content in gold(contract, connection, "landed"):
                write(line.lake.folder / "gold" / table, content)
    names = "|".join(name for contract in CONTRACTS.values() for name in tables_of(contract))
    published = {"batch_id": [7], "run_id": ["run"], "published_at": pa.array([PUBLISHED], INSTANT),
                 "tables": [f"|{names}|"]}  # fmt: skip
    write(line.lake.folder / "gold" / "published_batch", pa.table(published))
    return line


def tables_of(contract: Contract) -> list[str]:
    return list(contract.gold.tables)


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
