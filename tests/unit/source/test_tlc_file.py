"""What is refused at the door, and what is said."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.errors import HighwaterError
from local.source import tlc


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(HighwaterError) as refused:
        tlc.read(tmp_path / "none.parquet")
    assert refused.value.why == f"{tmp_path / 'none.parquet'} does not exist"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(HighwaterError, match="is a folder"):
        tlc.read(tmp_path)


def test_what_is_not_parquet_is_refused(tmp_path):
    path = tmp_path / "green.parquet"
    path.write_text("VendorID,lpep_pickup_datetime\n")
    with pytest.raises(HighwaterError) as refused:
        tlc.read(path)
    assert refused.value.what == "green.parquet is not a Parquet file that can be read"


def test_a_file_cut_short_is_refused(tmp_path, green_table):
    path = tmp_path / "green.parquet"
    pq.write_table(green_table(), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(HighwaterError, match="is not a Parquet file that can be read"):
        tlc.read(path)


def test_another_parquet_is_refused_with_what_is_missing_and_what_was_found(tmp_path):
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"name": ["a"], "total_amount": [1.0]}), path)
    with pytest.raises(HighwaterError) as refused:
        tlc.read(path)
    assert refused.value.what == "people.parquet is not a TLC green taxi file"
    assert refused.value.why == (
        "missing columns: VendorID, lpep_pickup_datetime, lpep_dropoff_datetime, PULocationID, DOLocationID, "
        "trip_distance, fare_amount; found: name, total_amount"
    )


def test_a_yellow_file_is_recognised(green_table):
    table = green_table()
    yellow = table.rename_columns([n.replace("lpep_", "tpep_") for n in table.column_names])
    with pytest.raises(HighwaterError) as refused:
        tlc.select(yellow, "yellow")
    assert refused.value.why.startswith(
        "missing columns: lpep_pickup_datetime, lpep_dropoff_datetime; found:"
    )
    assert refused.value.next_step.startswith("This is a yellow taxi file")


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        ("lpep_pickup_datetime", "timestamp[us, tz=UTC]", pa.array([0], pa.timestamp("us", "UTC"))),
        ("lpep_dropoff_datetime", "int64", pa.array([0])),
        ("fare_amount", "list<item: double>", pa.array([[1.0]])),
        ("store_and_fwd_flag", "bool", pa.array([True])),
    ],
)
def test_a_type_that_can_not_hold_the_column_is_refused(green_table, column, kind, values):
    table = green_table()
    with pytest.raises(HighwaterError) as refused:
        tlc.select(table.set_column(table.column_names.index(column), column, values), "green")
    assert refused.value.why.startswith(f"{column} is {kind}; TLC's is ")


def test_unknown_columns_are_named_and_ignored(green_table):
    table = green_table().append_column("cbd_congestion_fee", pa.array([0.75]))
    found = tlc.select(table.append_column("vendorid", pa.array([9])), "green")
    assert found.ignored == ("cbd_congestion_fee", "vendorid")
    assert found.rows["vendor_id"].to_pylist() == [2]


def test_only_the_first_rows_are_read(tmp_path, green_table):
    path = tmp_path / "green.parquet"
    pq.write_table(green_table({}, {"PULocationID": 7}, {"PULocationID": 8}), path)
    assert tlc.read(path, limit=2).rows["pickup_zone_id"].to_pylist() == [166, 7]
