"""What DuckDB and other writers put in a landing file is what Spark reads."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from highwater_transforms import contract, landing, plan
from highwater_transforms.lake import Lake
from transform_lake import literal

from contracts import Contract

pytestmark = pytest.mark.spark

TYPES = {
    "id": "bigint", "small": "smallint", "whole": "integer", "money": "decimal(10,2)", "wide": "decimal(38,6)",
    "at": "timestamp", "on": "date", "flag": "boolean", "ratio": "double", "word": "text", "code": "uuid",
}  # fmt: skip
FULL = {
    "id": 2**62, "small": -32768, "whole": 2**31 - 1, "money": "-12345678.90", "wide": "12345678901234567890.123456",
    "at": "2024-03-10 02:30:00.123456", "on": "1969-12-31", "flag": True, "ratio": 0.1, "word": "é'\\\n", "code": "a-b",
}  # fmt: skip
EXPECTED = (
    2**62, -32768, 2**31 - 1, Decimal("-12345678.90"), Decimal("12345678901234567890.123456"),
    "2024-03-10 02:30:00.123456", date(1969, 12, 31), True, 0.1, "é'\\\n", "a-b",
)  # fmt: skip


@pytest.fixture(scope="module")
def typed() -> Contract:
    columns = [{"name": n, "type": t, "nullable": n != "id"} for n, t in TYPES.items()]
    return Contract.model_validate({
        "table": "typed", "description": "", "owner": "tests", "source": {"schema": "s", "table": "typed"},
        "columns": columns, "primary_key": ["id"], "mode": "append", "cursor": {"column": "id", "kind": "integer"},
        "freshness": 60, "gold": {"table": "fact_typed", "role": "fact"},
    })  # fmt: skip


def read(lake, landed):
    rows = [
        {
            **vars(landed),
            "run_id": "r",
            "batch_id": 7,
            "table_name": "typed",
            "contract": landed.contract.plan_json(),
            "allow_share": 0.1,
            "allow_rows": 10,
        }
    ]
    (planned,) = plan.tables(rows, "r")
    at = datetime(2024, 1, 1, 12, 0, 0, 5, UTC)
    return landing.read(
        lake.spark, Lake(lake.endpoint), planned, contract.parse(landed.contract.plan_json()), at
    )


def test_every_type_that_the_copy_writes_is_read_as_it_was(lake, typed):
    frame = read(lake, lake.land(typed, [FULL, {"id": 1}]))
    nulls = (1, *(None,) * 10)
    assert literal(frame, *TYPES) == [nulls, EXPECTED]
    tags = literal(frame, "_window_id", "_attempt", "_batch_id", "_loaded_at")
    assert tags == [(1, 1, 7, "2024-01-01 12:00:00.000005")] * 2
    assert dict(frame.dtypes)["at"] == "timestamp"


def test_an_instant_written_as_int96_is_the_same_instant(lake, typed):
    landed = lake.land(typed, [FULL])
    file = Path(lake.root, "landing", landed.path, "typed.parquet")
    rows = pq.read_table(file)
    assert pa.types.is_timestamp(rows.schema.field("at").type)
    pq.write_table(rows, file, use_deprecated_int96_timestamps=True)
    assert literal(read(lake, landed), *TYPES) == [EXPECTED]


def test_a_window_without_a_file_gives_no_rows_of_the_same_columns(lake, typed):
    landed = lake.land(typed, [FULL])
    empty = read(lake, replace(landed, files=0, rows=0))
    assert empty.dtypes == read(lake, landed).dtypes
    assert empty.collect() == []
