"""A source and a lake with a serving server over it: what the tests of the serving layer stand on."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
from delta_writer import gold_schema, rows, write

from contracts import Contract, load_all
from local.serving import engine
from local.serving.driver import duckdb
from local.serving.query import query
from local.verify import source_query, verify
from sql import ddl

CONTRACTS = {c.table: c for c in load_all()}

TRIPS = """
insert into mobility.trip (trip_id, vendor_id, driver_id, pickup_at, dropoff_at, pickup_zone_id,
    trip_distance, store_and_fwd, total_amount, refunded_amount, status, is_deleted, created_at, updated_at)
select i, mod(i, 3)::smallint, mod(i, 500)::integer, ts, ts + '7 min', mod(i, 263)::integer, mod(i, 40) / 3.0,
    case when mod(i, 7) = 0 then null else mod(i, 2) = 0 end, mod(i, 9000) / 100.0, 0,
    case when mod(i, 11) = 0 then '' else 'completed' end, false, ts, ts
from (select i, timestamptz '2023-01-01 00:00:00.000001+00' + i * interval '1.000003 s' as ts
      from generate_series(1, %s) as i) as s
"""


@dataclass(frozen=True)
class Lake:
    """`server` is the serving server's folder, `folder` the storage account's."""

    server: Path
    folder: Path

    def ask(self, sql: str) -> list[tuple]:
        with query(self.server, sql) as result:
            return list(result.rows())

    def gold(self, table: str, *given: dict) -> None:
        """Add rows to the gold table of a contract."""
        contract = CONTRACTS[table]
        write(self.folder / "gold" / contract.gold.table, rows(gold_schema(contract), *given))

    def put(self, container: str, table: str, content: pa.Table, **how: int) -> None:
        write(self.folder / container / table, content, **how)

    def run(self, script: str) -> None:
        with duckdb(str(self.server), "highwater") as session:
            session.execute(script)


class Line:
    """Source and lake together: `serve` does what a right pipeline would have done."""

    def __init__(self, lake, database, contracts):
        self.lake, self.database, self.contracts = lake, database, contracts
        with psycopg.connect(database.conninfo()) as connection:
            connection.execute(ddl.roles())
            for contract in contracts.values():
                connection.execute(ddl.create_table(contract))

    def sql(self, text: str, *values) -> None:
        with psycopg.connect(self.database.conninfo()) as connection:
            connection.execute("set session_replication_role = replica")  # no trigger stamps updated_at
            connection.execute(text, values or None)

    def source(self, contract: Contract) -> pa.Table:
        with engine.session(reads_delta=False, reads_postgres=True) as connection:
            connection.execute(f"attach '{self.database.conninfo()}' as s (type postgres, read_only)")
            return connection.execute(
                "select * from postgres_query('s', ?)", [source_query(contract)]
            ).to_arrow_table()

    def serve(self, table: str, change=lambda rows: rows) -> None:
        """Write gold from the source, changed by `change` on the way."""
        contract = self.contracts[table]
        rows = change(self.source(contract))
        schema = gold_schema(contract)
        extra = {
            "_batch_id": pa.array([1] * rows.num_rows, pa.int64()),
            "_removed": pa.array([False] * rows.num_rows),
        }
        columns = []
        for field in schema:
            if field.name in rows.column_names:
                columns.append(rows[field.name].cast(field.type))
            else:
                columns.append(extra.get(field.name, pa.nulls(rows.num_rows, field.type)))
        folder = self.lake.folder / "gold" / contract.gold.table
        write(folder, pa.table(columns, schema=schema))

    def verdict(self, table: str, **how):
        return verify(self.contracts[table], self.database.conninfo(), self.lake.server, **how)


def changed(rows: pa.Table, at: int, column: str, value) -> pa.Table:
    values = rows[column].to_pylist()
    values[at] = value(values[at])
    index = rows.column_names.index(column)
    return rows.set_column(index, column, pa.array(values, rows.schema.field(column).type))
