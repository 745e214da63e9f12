"""Is what is served what the source holds? Row by row, every column, both ways, counted as multisets.

The source is read with the casts of the extract, the served side through the T-SQL views themselves, so that
the whole path is on trial. Both are compared inside DuckDB: millions of rows never become Python objects.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts import Contract
from local.errors import HighwaterError
from local.serving import delta, engine
from local.serving.catalog import Catalog
from local.serving.query import DATABASE, named
from local.serving.tsql.queries import Binder
from local.serving.tsql.syntax import parse_query
from local.serving.tsql.values import identifier, quoted
from sql.extract import rows


@dataclass(frozen=True)
class Verdict:
    """How one table's served rows compare with its source.

    Attributes:
        equal: both sides hold the same rows, the same number of times.
        source_rows, served_rows: rows of each side; of a table with history, its current versions.
        missing: rows of the source that are not served.
        extra: served rows that the source does not hold.
        duplicates: served rows beyond the first of their key.
        excluded: rows of the source left out, since they are in quarantine as they are.
        only_in_source, only_in_served: a few of the missing and extra rows, by column name.
        seconds: how long the comparison took.
    """

    table: str
    equal: bool
    source_rows: int
    served_rows: int
    missing: int
    extra: int
    duplicates: int
    excluded: int
    only_in_source: tuple[dict, ...]
    only_in_served: tuple[dict, ...]
    seconds: float


def source_query(contract: Contract) -> str:
    """The source's rows, as they are extracted, in PostgreSQL's SQL; without those that the contract skips."""
    skips = contract.cursor is not None and contract.cursor.nulls == "skip"
    where = f" where t.{identifier(contract.cursor.column)} is not null" if skips else ""
    # A cursor that lies in no window is in quarantine as a finite one.
    return rows(contract, finite=True) + where


def served_query(contract: Contract) -> str:
    """The served rows in T-SQL, sensitive columns joined in from their own view.

    A dimension's unknown member is no row of the source. The join is full: a restricted row without a public one shows.
    """
    name, history = contract.gold.table, contract.history == "scd2"
    given = contract.gold.unknown.items()
    keys = {k: v if isinstance(v, int) else quoted(str(v)) for k, v in given if k in contract.primary_key}
    unknown = "".join(f" AND (f.[{k}] <> {v} OR f.[{k}] IS NULL)" for k, v in keys.items())
    if not contract.sensitive:
        columns = ", ".join(f"f.[{c.name}]" for c in contract.columns)
        where = " WHERE f.[is_current] = 1" if history else " WHERE 1 = 1" if unknown else ""
        return f"SELECT {columns} FROM [mart].[{name}] AS f{where}{unknown}"
    items = []
    for c in contract.columns:
        if c.name in contract.primary_key:
            items.append(f"COALESCE(f.[{c.name}], r.[{c.name}]) AS [{c.name}]")
        else:
            items.append(f"{'r' if c.sensitive else 'f'}.[{c.name}]")
    by = (*contract.primary_key, "valid_from") if history else contract.primary_key
    on = " AND ".join(f"f.[{k}] = r.[{k}]" for k in by)
    where = " WHERE (f.[is_current] = 1 OR f.[is_current] IS NULL)" if history else " WHERE 1 = 1"
    return (
        f"SELECT {', '.join(items)} FROM [mart].[{name}] AS f "
        f"FULL JOIN [restricted].[{name}] AS r ON {on}{where}{unknown}"
    )


def verify(
    contract: Contract,
    source_conninfo: str,
    serving: Path | str,
    *,
    database: str = DATABASE,
    quarantine: Path | str | None = None,
    sample: int = 5,
) -> Verdict:
    """Compare one source table with what is served of it.

    Args:
        source_conninfo: libpq connection string of the source database.
        serving: the folder of the serving server (Synapse's endpoint on the laptop).
        quarantine: the lake's quarantine folder. A source row that lies there with the same values is not
            expected to be served; its key is left out on both sides, as an older version may be served.
        sample: how many differing rows of each side are returned.

    Raises:
        HighwaterError: the source can't be read, a view is missing or has no data, or types differ.
    """
    started = time.perf_counter()
    catalog = Catalog(Path(serving), database).require()
    with engine.session(reads_postgres=True) as connection:
        catalog.connection = connection
        served = Binder(catalog).statement(parse_query(served_query(contract)))
        _load(connection, "served", named(served), contract)
        _attach(connection, source_conninfo)
        text = f"select * from postgres_query('source', {quoted(source_query(contract))})"
        _load(connection, "source_rows", text, contract)
        _same_types(connection, contract)
        counts = [_count(connection, t) for t in ("source_rows", "served")]
        excluded = _exclude(connection, contract, Path(quarantine)) if quarantine is not None else 0
        duplicates = _duplicates(connection, contract)
        missing, extra = _difference(connection, contract)
        return Verdict(
            table=contract.table,
            equal=missing == 0 and extra == 0,
            source_rows=counts[0],
            served_rows=counts[1],
            missing=missing,
            extra=extra,
            duplicates=duplicates,
            excluded=excluded,
            only_in_source=_sample(connection, contract, "surplus > 0", sample),
            only_in_served=_sample(connection, contract, "surplus < 0", sample),
            seconds=time.perf_counter() - started,
        )


def verify_all(
    contracts: Iterable[Contract],
    source_conninfo: str,
    serving: Path | str,
    *,
    database: str = DATABASE,
    quarantine: Path | str | None = None,
) -> list[Verdict]:
    """`verify` for each contract, in order."""
    return [verify(c, source_conninfo, serving, database=database, quarantine=quarantine) for c in contracts]


def _attach(connection: duckdb.DuckDBPyConnection, conninfo: str) -> None:
    try:
        connection.execute(f"attach {quoted(conninfo)} as source (type postgres, read_only)")
    except duckdb.Error as error:
        raise HighwaterError(
            "The source can't be reached",
            str(error).splitlines()[0],
            "Is it running? `highwater up` starts it.",
        ) from error


def _load(connection: duckdb.DuckDBPyConnection, name: str, query: str, contract: Contract) -> None:
    try:
        connection.execute(f"create temp table {name} as {query}")
    except duckdb.Error as error:
        raise engine.explained(error, f"{contract.table} can't be compared ({name})") from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(identifier, names))


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return connection.execute(f"select count(*) from {table}").fetchone()[0]


def _same_types(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Different types would be converted to compare them, and that could hide a difference."""
    sides = [
        {name: kind for name, kind, *_ in connection.execute(f"describe {t}").fetchall()}
        for t in ("source_rows", "served")
    ]
    for name in contract.column_names:
        found = [side[name] for side in sides]
        if found[0] != found[1]:
            raise HighwaterError(
                f"{contract.table}.{name} can't be compared",
                f"The source gives {found[0]}, the view {found[1]}.",
                "The contract's type maps differently on the two ways: see contracts/types.py.",
            )


def _exclude(connection: duckdb.DuckDBPyConnection, contract: Contract, quarantine: Path) -> int:
    """Drop, on both sides, the keys of source rows that lie in quarantine just as they are.

    Quarantine keeps a row as JSON, whose times may have milliseconds only, so that far are they compared.
    """
    folder = quarantine / contract.table
    if not contract.primary_key or not delta.exists(folder):
        return 0
    kinds = {name: kind for name, kind, *_ in connection.execute("describe source_rows").fetchall()}
    same = []
    for name, kind in kinds.items():
        held = f"q.row ->> {quoted('$.' + name)}"
        left, right = f"s.{identifier(name)}", f"try_cast({held} as {kind})"
        if kind == "TIMESTAMP":
            right = f"(try_cast({held} as timestamptz) at time zone 'UTC')"
            left, right = (f"date_trunc('millisecond', {x})" for x in (left, right))
        same.append(f"{left} is not distinct from {right}")
    keys = _listed(contract.primary_key)
    connection.execute(
        f"create temp table held as select distinct {keys} from source_rows s "
        f"semi join (select row from delta_scan({quoted(folder.as_uri())})) q on {' and '.join(same)}"
    )
    before = _count(connection, "source_rows")
    for table in ("source_rows", "served"):
        connection.execute(f"delete from {table} where ({keys}) in (select ({keys}) from held)")
    return before - _count(connection, "source_rows")


def _duplicates(connection: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    if not contract.primary_key:
        return 0
    keys = _listed(contract.primary_key)
    found = connection.execute(
        f"select coalesce(sum(n - 1), 0) from (select count(*) as n from served group by {keys})"
    )
    return int(found.fetchone()[0])


def _difference(connection: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[int, int]:
    """Rows that one side holds more often than the other, with how much more (`surplus` < 0: served more)."""
    columns = _listed(contract.column_names)
    connection.execute(
        f"create temp table difference as select {columns}, sum(side)::bigint as surplus from "
        f"(select {columns}, 1 as side from source_rows union all select {columns}, -1 from served) "
        f"group by {columns} having sum(side) <> 0"
    )
    sums = ", ".join(f"coalesce(sum(greatest({x}, 0)), 0)" for x in ("surplus", "-surplus"))
    missing, extra = connection.execute(f"select {sums} from difference").fetchone()
    return int(missing), int(extra)


def _sample(
    connection: duckdb.DuckDBPyConnection, contract: Contract, which: str, limit: int
) -> tuple[dict, ...]:
    names = _listed(contract.column_names)
    text = f"select {names} from difference where {which} order by {names} limit {limit}"
    rows = connection.execute(text).fetchall()
    return tuple(dict(zip(contract.column_names, row, strict=True)) for row in rows)
