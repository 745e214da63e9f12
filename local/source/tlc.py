"""TLC's green taxi files: which columns are known, and what is refused at the door.

Types differ from month to month (int32, int64 and double for the same column, string and large_string, a
column without any value has Parquet's null type), names differ in case, and columns come and go. So a
column is found by its name without case, and every type is taken that can hold its values; the values
themselves are judged row by row in `mapping`.
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local.errors import HighwaterError

# Column of the contract `trip` -> TLC's name.
COLUMNS = {
    "vendor_id": "VendorID",
    "pickup_at": "lpep_pickup_datetime",
    "dropoff_at": "lpep_dropoff_datetime",
    "pickup_zone_id": "PULocationID",
    "dropoff_zone_id": "DOLocationID",
    "passenger_count": "passenger_count",
    "trip_distance": "trip_distance",
    "rate_code_id": "RatecodeID",
    "store_and_fwd": "store_and_fwd_flag",
    "payment_type": "payment_type",
    "trip_type": "trip_type",
    "fare_amount": "fare_amount",
    "extra": "extra",
    "mta_tax": "mta_tax",
    "tip_amount": "tip_amount",
    "tolls_amount": "tolls_amount",
    "ehail_fee": "ehail_fee",
    "improvement_surcharge": "improvement_surcharge",
    "congestion_surcharge": "congestion_surcharge",
    "total_amount": "total_amount",
}
# Without these a row has no identity or no money; the others came late or left early.
REQUIRED = (
    "vendor_id", "pickup_at", "dropoff_at", "pickup_zone_id", "dropoff_zone_id",
    "trip_distance", "fare_amount", "total_amount",
)  # fmt: skip
TIMES = ("pickup_at", "dropoff_at")


@dataclass(frozen=True)
class TlcTable:
    """Rows of a green taxi file.

    Attributes:
        rows: the file's values as they are, under the contract's column names; absent columns are of
            type null.
        ignored: names of the file's other columns.
    """

    rows: pa.Table
    ignored: tuple[str, ...]


def read(path: Path, limit: int | None = None) -> TlcTable:
    """Read a green taxi file, or its first `limit` rows.

    Raises:
        HighwaterError: there is no such file, it is not Parquet, or not a green taxi file.
    """
    path = Path(path)
    if not path.is_file():
        raise HighwaterError(
            "The trips can't be read",
            f"{path} is a folder" if path.is_dir() else f"{path} does not exist",
            "Give the path of a TLC green taxi Parquet file.",
        )
    try:
        with pq.ParquetFile(path) as file:
            # The schema is judged before the rows are read: the wrong file may be a large one.
            select(file.schema_arrow.empty_table(), path.name)
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise HighwaterError(
            f"{path.name} is not a Parquet file that can be read",
            " ".join(str(error).split()),
            "Download it again, or give another TLC green taxi file.",
        ) from error
    return select(table if limit is None else table.slice(0, limit), path.name)


def select(table: pa.Table, name: str) -> TlcTable:
    """Take the known columns of a table, whatever their case, type and order.

    Raises:
        HighwaterError: a required column is missing or a time is neither a wall time nor text.
    """
    found = {}
    for position, column in enumerate(table.column_names):
        found.setdefault(column.strip().lower(), position)
    missing = [COLUMNS[c] for c in REQUIRED if COLUMNS[c].lower() not in found]
    if missing:
        raise HighwaterError(
            f"{name} is not a TLC green taxi file",
            f"missing columns: {', '.join(missing)}; found: {', '.join(table.column_names) or 'none'}",
            "This is a yellow taxi file; Highwater's sample source takes green ones."
            if "tpep_pickup_datetime" in found
            else "Give a green_tripdata_YYYY-MM.parquet file of the NYC TLC.",
        )
    columns, used = {}, set()
    for target, tlc in COLUMNS.items():
        position = found.get(tlc.lower())
        columns[target] = pa.nulls(table.num_rows) if position is None else table.column(position)
        used.add(position)
        _refuse_type(columns[target].type, target, name)
    others = (column for position, column in enumerate(table.column_names) if position not in used)
    return TlcTable(pa.table(columns), tuple(others))


def _refuse_type(kind: pa.DataType, column: str, name: str) -> None:
    """Refuse a type that can't hold the column's values in any of TLC's ways of writing them."""
    if pa.types.is_null(kind) or is_text(kind):
        return
    wanted, fits = "a number", pa.types.is_integer(kind) or pa.types.is_floating(kind)
    fits = fits or pa.types.is_decimal(kind)
    if column in TIMES:
        wanted = "a timestamp without time zone, in New York's wall time"
        fits = pa.types.is_timestamp(kind) and kind.tz is None
    elif column == "store_and_fwd":
        wanted, fits = "text, Y or N", False
    if not fits:
        raise HighwaterError(
            f"{name} is not a TLC green taxi file as published",
            f"{COLUMNS[column]} is {kind}; TLC's is {wanted}",
            "Give the file as TLC published it.",
        )


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this type are text, in a dictionary or not."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
