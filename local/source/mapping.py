"""From the rows of a TLC file to trips, refunds, and rows that can't be placed, with the reason.

The stages are tables in a DuckDB in memory: raw (as read) -> typed (the contract's types, or a reason) ->
refund (negative rows and their trips) -> placed (trips in wall time) -> trip (`identity`).
"""

import duckdb
import pyarrow as pa

from local.source import tables, tlc

YEARS = (1970, 2099)
NO_TWIN = "negative amounts without a positive twin"
SAMPLE_ROWS = 3

_INTEGERS = ("vendor_id", "pickup_zone_id", "dropoff_zone_id", "passenger_count", "rate_code_id",
             "payment_type", "trip_type")  # fmt: skip
_DECIMALS = ("trip_distance", "fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount", "ehail_fee",
             "improvement_surcharge", "congestion_surcharge", "total_amount")  # fmt: skip


def load(db: duckdb.DuckDBPyConnection, table: tlc.TlcTable) -> None:
    """Make the tables raw, typed, refund and placed of the rows in memory."""
    numbered = table.rows.append_column("row", pa.array(range(1, table.rows.num_rows + 1), pa.int64()))
    db.register("numbered", numbered)
    db.execute("create or replace table raw as select * from numbered")
    db.unregister("numbered")
    _make_typed(db, table.rows.schema)
    _pair_refunds(db)
    _place(db)


def _clean(column: str, kind: pa.DataType) -> str:
    """The value, with what means "none" in this type as null: NaN, and text of spaces alone."""
    if tlc.is_text(kind):
        return f"nullif(trim({column}::varchar), '')"
    if pa.types.is_floating(kind):
        return f"case when not isnan({column}) then {column} end"
    return "null::varchar" if pa.types.is_null(kind) else column


def _typed(column: str) -> str:
    """The value in the contract's type; null when that type can't hold it."""
    if column in tlc.TIMES:
        return f"try_cast({column} as timestamp)"
    if column == "store_and_fwd":
        return f"case upper({column}::varchar) when 'Y' then true when 'N' then false end"
    to = tables.type_of("trip", column)
    if column in _INTEGERS:
        number = f"try_cast({column} as double)"
        return f"case when {number} = trunc({number}) then try_cast({number} as {to}) end"
    return f"try_cast({column} as {to})"


def _reasons() -> list[tuple[str, str]]:
    """(condition over c, the cleaned row, and t, the typed one; reason), in order: the first one counts."""
    reasons = [("c.pickup_at is null", f"{tlc.COLUMNS['pickup_at']} is missing")]
    for column in tlc.TIMES:
        name = tlc.COLUMNS[column]
        reasons.append((f"c.{column} is not null and t.{column} is null", f"{name} is not a time"))
        out = f"year(t.{column}) not between {YEARS[0]} and {YEARS[1]} or not isfinite(t.{column})"
        reasons.append((out, f"{name} is not between {YEARS[0]} and {YEARS[1]}"))
    for column in (*_INTEGERS, *_DECIMALS):
        what = f"{tlc.COLUMNS[column]} does not fit {tables.contract('trip').column(column).type}"
        reasons.append((f"c.{column} is not null and t.{column} is null", what))
    flag = "c.store_and_fwd is not null and t.store_and_fwd is null"
    return [*reasons, (flag, f"{tlc.COLUMNS['store_and_fwd']} is neither Y nor N")]


def _make_typed(db: duckdb.DuckDBPyConnection, schema: pa.Schema) -> None:
    cleaned = ", ".join(f"{_clean(c, schema.field(c).type)} as {c}" for c in tlc.COLUMNS)
    typed = ", ".join(f"{_typed(c)} as {c}" for c in tlc.COLUMNS)
    whens = " ".join(f"when {condition} then '{reason}'" for condition, reason in _reasons())
    rounded = ", ".join(
        f"abs(try_cast(c.{c} as double) - t.{c}::double) > 0.0004 as rounded_{c}" for c in _DECIMALS
    )
    db.execute(f"create or replace temp view cleaned as select row, {cleaned} from raw")
    db.execute(f"create or replace temp view converted as select row, {typed} from cleaned")
    db.execute(f"""
        create or replace table typed as
        select t.*, {rounded}, case {whens} end as reason,
            coalesce(t.fare_amount < 0, false) or coalesce(t.total_amount < 0, false) as negative
        from cleaned c join converted t using (row)""")


def _pair_refunds(db: duckdb.DuckDBPyConnection) -> None:
    """A refund repeats its trip's vendor, times and pickup zone with the amounts' signs turned.

    Pairs are one to one. The dropoff zone decides which of several twins, and is not asked to be equal:
    TLC has refunds that differ in it.
    """
    same = ("vendor_id", "pickup_at", "dropoff_at", "pickup_zone_id")

    def numbered(sign: str) -> str:
        parts = ", ".join((*same, f"{sign}fare_amount", f"{sign}total_amount"))
        return f"row_number() over (partition by {parts} order by dropoff_zone_id, row) as nth"

    joined = " and ".join(f"n.{c} is not distinct from p.{c}" for c in same)
    db.execute(f"""
        create or replace table refund as
        with n as (select *, {numbered("-")} from typed
                   where reason is null and negative and total_amount < 0),
             p as (select *, {numbered("")} from typed where reason is null and not negative)
        select n.row, p.row as trip_row, -n.total_amount as amount
        from n join p on {joined} and n.nth = p.nth
            and -n.fare_amount is not distinct from p.fare_amount and -n.total_amount = p.total_amount""")
    db.execute(
        """update typed set reason = ?
           where reason is null and negative and row not in (select row from refund)""",
        [NO_TWIN],
    )


def _place(db: duckdb.DuckDBPyConnection) -> None:
    """`salt` is what a trip's identity has beyond the row itself: nothing, in a file."""
    columns = ", ".join(f"t.{c}" for c in tlc.COLUMNS)
    db.execute(f"""
        create or replace table placed as
        select t.row, '' as salt, {columns}, r.amount as refund_amount
        from typed t left join refund r on r.trip_row = t.row
        where t.reason is null and not t.negative""")


def unplaced(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows that can't be placed, by the reason."""
    return dict(
        db.execute(
            "select reason, count(*) from typed where reason is not null group by 1 order by 2 desc, 1"
        ).fetchall()
    )


def samples(db: duckdb.DuckDBPyConnection, reason: str) -> list[dict]:
    """The first rows of a reason as the file has them, by TLC's names, and `row`, their number from 1."""
    columns = ", ".join(f'{column} as "{name}"' for column, name in tlc.COLUMNS.items())
    found = db.execute(
        f"select row, {columns} from raw where row in "
        "(select row from typed where reason = ? order by row limit ?) order by row",
        [reason, SAMPLE_ROWS],
    )
    names = [d[0] for d in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def rounded(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Amounts of trips that were rounded, because the file has more decimals than the column keeps."""
    counts = ", ".join(f"count(*) filter (rounded_{c})" for c in _DECIMALS)
    found = db.execute(f"select {counts} from typed where reason is null and not negative").fetchone()
    return {tlc.COLUMNS[c]: n for c, n in zip(_DECIMALS, found, strict=True) if n}
