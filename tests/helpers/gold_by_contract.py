"""Gold as the contracts say, made by DuckDB from rows as they landed: what the pipeline makes with Spark."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
from delta_writer import arrow_type, gold_schema

from contracts import Contract
from contracts.columns import Named
from contracts.gold import Aggregate, Lookup, Static

# Words of Spark SQL that DuckDB has under another name
MACROS = """
create or replace macro to_date(x) as cast(x as date);
create or replace macro unix_seconds(x) as cast(floor(epoch(x)) as bigint);
create or replace macro unix_micros(x) as epoch_us(x);
create or replace macro timestamp_seconds(x) as make_timestamp(cast(x as bigint) * 1000000);
create or replace macro from_utc_timestamp(x, zone) as timezone(zone, timezone('UTC', cast(x as timestamp)));
create or replace macro date_format(x, f) as case f when 'MMMM' then monthname(x) else dayname(x) end;
create or replace macro weekday(x) as isodow(x) - 1;
create or replace macro lpad(x, n, filler) as right(repeat(filler, n) || x, n);
"""


def gold(
    contract: Contract, connection: duckdb.DuckDBPyConnection, landed: str, batch: int = 7
) -> Iterator[tuple[str, pa.Table]]:
    """Each gold table of the contract; it stays in `connection` under its name for those who look it up.

    Args:
        landed: a relation of the connection, with the contract's columns.
    """
    connection.execute(MACROS)
    own, star = contract.gold.table, contract.gold
    for static in star.static:
        yield static.table, standing(connection, static, batch)
    good = " and ".join(f"({r.condition})" for r in contract.rules if r.severity == "quarantine") or "true"
    connection.execute(f"create or replace table {own} as select * from {landed} where {good}")
    for lookup in star.lookups:
        look_up(connection, own, lookup)
    derive(connection, own, star.derived)
    if star.numbered:
        n = star.numbered
        place = f"row_number() over (partition by {', '.join(n.within)} order by {', '.join(n.order)})"
        connection.execute(f"create or replace table {own} as select *, {place} as {n.name} from {own}")
    begins = "timestamp '1900-01-01'"
    ends = f", {begins} as valid_from, null::timestamp as valid_to, true as is_current"
    tail = f"{ends if contract.history == 'scd2' else ''}, {batch} as _batch_id, false as _removed"
    connection.execute(f"create or replace table {own} as select *{tail} from {own}")
    if star.unknown:
        columns, values = ", ".join(star.unknown), ", ".join(f"'{v}'" for v in star.unknown.values())
        connection.execute(
            f"insert into {own} ({columns}, _batch_id, _removed) values ({values}, {batch}, false)"
        )
    if contract.history == "scd2":
        connection.execute(f"update {own} set valid_from = {begins}, is_current = true")
    yield own, cast(connection, f"select * from {own}", gold_schema(contract))
    for aggregate in star.aggregates:
        yield aggregate.table, aggregated(connection, own, aggregate, batch)


def standing(connection, static: Static, batch: int) -> pa.Table:
    """A table that stands still, and is made from the contract alone."""
    given = (static.key, *static.columns)
    columns = ", ".join(f"{c.name} {c.parsed.spark}" for c in given)
    connection.execute(f"create or replace table {static.table} ({columns})")
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
    return cast(connection, f"select *, {batch} as _batch_id from {static.table}", schema)


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


def aggregated(connection, fact: str, aggregate: Aggregate, batch: int) -> pa.Table:
    items = (*aggregate.group_by, *aggregate.measures)
    schema = pa.schema([*((i.name, arrow_type(i.parsed)) for i in items), ("_batch_id", pa.int64())])
    where = aggregate.where or "true"
    by = ", ".join(g.expression for g in aggregate.group_by)
    columns = ", ".join(said(i) for i in items)
    sql = f"select {columns}, {batch} as _batch_id from {fact} where {where} group by {by}"
    return cast(connection, sql, schema)


def cast(connection, sql: str, schema: pa.Schema) -> pa.Table:
    found = connection.execute(sql).to_arrow_table()
    return pa.table([found[f.name].cast(f.type) for f in schema], schema=schema)
