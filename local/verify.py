"""Is what is served what the source holds? Row by row, every column, both ways, counted as multisets.

The source is read with the casts of the extract, the served side through the T-SQL views themselves, so that
the whole path is on trial. Both are compared inside DuckDB, first by a hash of each row, see `local.verify_rows`.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contracts import Contract
from local import verify_rows
from local.serving import engine
from local.serving.catalog import Catalog
from local.serving.query import DATABASE, named
from local.serving.tsql.queries import Binder
from local.serving.tsql.syntax import parse_query
from local.serving.tsql.values import identifier, quoted
from local.verify_rows import Difference, Span
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
        ranges: where they differ, by day of the cursor or by 100,000 of its values, the first ones; none where a table
            has no cursor.
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
    ranges: tuple[Difference, ...]
    only_in_source: tuple[dict, ...]
    only_in_served: tuple[dict, ...]
    seconds: float


def source_query(contract: Contract, span: Span | None = None) -> str:
    """The source's rows, as they are extracted, in PostgreSQL's SQL; without those that the contract skips."""
    conditions = span.at_source(contract) if span else []
    if contract.cursor is not None and contract.cursor.nulls == "skip":
        conditions.append(f"t.{identifier(contract.cursor.column)} is not null")
    where = f" where {' and '.join(conditions)}" if conditions else ""
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
    low: str = "",
    high: str = "",
) -> Verdict:
    """Compare one source table with what is served of it.

    Args:
        source_conninfo: libpq connection string of the source database.
        serving: the folder of the serving server (Synapse's endpoint on the laptop).
        quarantine: the lake's quarantine folder. A source row that lies there with the same values is not
            expected to be served; its key is left out on both sides, as an older version may be served.
        sample: how many differing rows of each side are returned.
        low, high: compare the rows with a cursor in [low, high) alone; times are UTC unless they say otherwise.

    Raises:
        HighwaterError: low or high is no value of the cursor, the source can't be read, a view is missing or has no
            data, or types differ.
    """
    started = time.perf_counter()
    span = Span.of(contract, low, high)
    catalog = Catalog(Path(serving), database).require()
    with engine.session(reads_postgres=True) as connection:
        catalog.connection = connection
        served = Binder(catalog).statement(parse_query(served_query(contract)))
        both = verify_rows.Sides(connection, contract)
        both.load("served", named(served), span)
        both.attach(source_conninfo)
        both.load(
            "source_rows", f"select * from postgres_query('source', {quoted(source_query(contract, span))})"
        )
        both.refuse_other_types()
        counts = [both.count(side) for side in ("source_rows", "served")]
        excluded = both.exclude(Path(quarantine)) if quarantine is not None else 0
        duplicates = both.duplicates()
        missing, extra = both.compare()
        return Verdict(
            table=contract.table,
            equal=missing == 0 and extra == 0,
            source_rows=counts[0],
            served_rows=counts[1],
            missing=missing,
            extra=extra,
            duplicates=duplicates,
            excluded=excluded,
            ranges=both.ranges(),
            only_in_source=both.sample("surplus > 0", sample),
            only_in_served=both.sample("surplus < 0", sample),
            seconds=time.perf_counter() - started,
        )


def verify_all(
    contracts: Iterable[Contract],
    source_conninfo: str,
    serving: Path | str,
    *,
    database: str = DATABASE,
    quarantine: Path | str | None = None,
    low: str = "",
    high: str = "",
) -> list[Verdict]:
    """`verify` for each contract, in order."""
    how = {"database": database, "quarantine": quarantine, "low": low, "high": high}
    return [verify(c, source_conninfo, serving, **how) for c in contracts]
