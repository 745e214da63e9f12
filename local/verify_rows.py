"""Rows of a source and rows that are served, compared inside DuckDB: millions of them never become Python objects.

Each row has a hash of 128 bits. Hashes that one side has more often than the other tell which rows differ, or may;
only these are then compared column by column. So equal tables cost one pass over two numbers a row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from contracts import Contract
from local.errors import HighwaterError
from local.serving import delta, engine
from local.serving.tsql.values import identifier, quoted
from sql.extract import cursor_sql

SIDES = ("source_rows", "served")
MOST_RANGES = 50
_STEP = 100_000  # values of an integer cursor
_HASHES = "_hash_1, _hash_2"
# Missing rows, and extra ones, of `difference`.
_SUMS = ", ".join(f"coalesce(sum(greatest({x}, 0)), 0)" for x in ("surplus", "-surplus"))


@dataclass(frozen=True)
class Difference:
    """Rows that differ with a cursor in [low, high), both in the cursor's own words."""

    low: str
    high: str
    missing: int
    extra: int


@dataclass(frozen=True)
class Span:
    """A range [low, high) of a cursor, both canonical: a whole number, or a time of UTC. Empty is unbounded."""

    low: str
    high: str

    @classmethod
    def of(cls, contract: Contract, low: str, high: str) -> "Span | None":
        """The range as it is given; None when it is unbounded.

        Raises:
            HighwaterError: the table has no cursor, or a bound is no value of it.
        """
        if not (low or high):
            return None
        if contract.cursor is None:
            raise HighwaterError(
                f"{contract.table} has no range", "It is read whole, without a cursor.", "Compare all of it."
            )
        return cls(*(_canonical(contract, bound) if bound else "" for bound in (low, high)))

    def at_source(self, contract: Contract) -> list[str]:
        """Conditions on the source's table `t`, in PostgreSQL's SQL."""
        value = cursor_sql(contract).low
        return self._conditions(
            f"t.{identifier(contract.cursor.column)}", lambda bound: value.format(low=quoted(bound))
        )

    def served(self, contract: Contract) -> list[str]:
        """Conditions on served rows, in DuckDB's SQL."""
        kind = "bigint" if contract.cursor.kind == "integer" else "timestamp"
        return self._conditions(
            identifier(contract.cursor.column), lambda bound: f"cast({quoted(bound)} as {kind})"
        )

    def _conditions(self, column: str, value: Callable[[str], str]) -> list[str]:
        bounds = ((">=", self.low), ("<", self.high))
        return [f"{column} {sign} {value(bound)}" for sign, bound in bounds if bound]


def _canonical(contract: Contract, bound: str) -> str:
    try:
        if contract.cursor.kind == "integer":
            return str(int(bound))
        moment = datetime.fromisoformat(bound)
    except ValueError:
        raise HighwaterError(
            f"{bound} is no value of {contract.table}.{contract.cursor.column}",
            "",
            "Give a whole number." if contract.cursor.kind == "integer"
            else "Give a time as 2024-01-31 or 2024-01-31T13:00:00Z.",
        ) from None  # fmt: skip
    return (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment).isoformat(sep=" ")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(identifier, names))


@dataclass(frozen=True)
class Sides:
    """The tables `source_rows` and `served` of one contract, in a DuckDB session of their own."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract

    def attach(self, conninfo: str) -> None:
        """Raises HighwaterError when the source can't be reached."""
        try:
            self.connection.execute(f"attach {quoted(conninfo)} as source (type postgres, read_only)")
        except duckdb.Error as error:
            raise HighwaterError(
                "The source can't be reached",
                str(error).splitlines()[0],
                "Is it running? `highwater up` starts it.",
            ) from error

    def load(self, side: str, query: str, span: Span | None = None) -> None:
        """Make a side of a query's rows, those in `span` alone, each with its hash.

        Raises:
            HighwaterError: the query fails.
        """
        names = _listed(self.contract.column_names)
        where = f" where {' and '.join(span.served(self.contract))}" if span else ""
        # Two hashes of 64 bits: rows that differ share both once in 10^38 pairs.
        hashes = f"hash({names}) as _hash_1, hash('', {names}) as _hash_2"
        try:
            self.connection.execute(f"create temp table {side} as select *, {hashes} from ({query}) q{where}")
        except duckdb.Error as error:
            raise engine.explained(error, f"{self.contract.table} can't be compared ({side})") from error

    def count(self, side: str) -> int:
        return self.connection.execute(f"select count(*) from {side}").fetchone()[0]

    def refuse_other_types(self) -> None:
        """Different types would be converted to compare them, and that could hide a difference: HighwaterError."""
        source, served = map(self._types, SIDES)
        for name in self.contract.column_names:
            if source[name] != served[name]:
                raise HighwaterError(
                    f"{self.contract.table}.{name} can't be compared",
                    f"The source gives {source[name]}, the view {served[name]}.",
                    "The contract's type maps differently on the two ways: see contracts/types.py.",
                )

    def _types(self, side: str) -> dict[str, str]:
        return {name: kind for name, kind, *_ in self.connection.execute(f"describe {side}").fetchall()}

    def exclude(self, quarantine: Path) -> int:
        """Drop, on both sides, the keys of source rows that lie in quarantine just as they are; how many rows.

        Quarantine keeps a row as JSON, whose times may have milliseconds only, so that far are they compared.
        """
        folder = quarantine / self.contract.table
        if not self.contract.primary_key or not delta.exists(folder):
            return 0
        kinds, same = self._types("source_rows"), []
        for name in self.contract.column_names:
            held = f"q.row ->> {quoted('$.' + name)}"
            left, right = f"s.{identifier(name)}", f"try_cast({held} as {kinds[name]})"
            if kinds[name] == "TIMESTAMP":
                right = f"(try_cast({held} as timestamptz) at time zone 'UTC')"
                left, right = (f"date_trunc('millisecond', {x})" for x in (left, right))
            same.append(f"{left} is not distinct from {right}")
        keys = _listed(self.contract.primary_key)
        self.connection.execute(
            f"create temp table held as select distinct {keys} from source_rows s "
            f"semi join (select row from delta_scan({quoted(folder.as_uri())})) q on {' and '.join(same)}"
        )
        before = self.count("source_rows")
        for side in SIDES:
            self.connection.execute(f"delete from {side} where ({keys}) in (select ({keys}) from held)")
        return before - self.count("source_rows")

    def duplicates(self) -> int:
        """Served rows beyond the first of their key."""
        if not self.contract.primary_key:
            return 0
        keys = _listed(self.contract.primary_key)
        found = self.connection.execute(
            f"select coalesce(sum(n - 1), 0) from (select count(*) as n from served group by {keys})"
        )
        return int(found.fetchone()[0])

    def compare(self) -> tuple[int, int]:
        """How many rows are missing and how many are extra. They are kept in `difference`, a row of which tells how
        much more often the source has it (`surplus` < 0: is served more often)."""
        columns = _listed(self.contract.column_names)

        def both(what: str, where: str = "") -> str:
            sides = zip(SIDES, (1, -1), strict=True)
            return " union all ".join(f"select {what}, {n} as side from {side}{where}" for side, n in sides)

        self.connection.execute(
            f"create temp table differing as select {_HASHES} from ({both(_HASHES)}) group by {_HASHES} "
            "having sum(side) <> 0"
        )
        among = f" where ({_HASHES}) in (select ({_HASHES}) from differing)"
        self.connection.execute(
            f"create temp table difference as select {columns}, sum(side)::bigint as surplus "
            f"from ({both(columns, among)}) group by {columns} having sum(side) <> 0"
        )
        missing, extra = self.connection.execute(f"select {_SUMS} from difference").fetchone()
        return int(missing), int(extra)

    def ranges(self) -> tuple[Difference, ...]:
        """Where the rows of `difference` lie, in the order of the cursor."""
        cursor = self.contract.cursor
        if cursor is None:
            return ()
        column = identifier(cursor.column)
        low, high = f"date_trunc('day', {column})::timestamp", "low + interval 1 day"
        if cursor.kind == "integer":
            low, high = f"({column} // {_STEP}) * {_STEP}", f"low + {_STEP}"
        found = self.connection.execute(
            f"select low::varchar, ({high})::varchar, {_SUMS} from (select {low} as low, surplus from difference "
            f"where {column} is not null) group by low order by low limit {MOST_RANGES}"
        )
        return tuple(Difference(a, b, int(m), int(e)) for a, b, m, e in found.fetchall())

    def sample(self, which: str, limit: int) -> tuple[dict, ...]:
        """A few rows of `difference`, by column name."""
        names = _listed(self.contract.column_names)
        text = f"select {names} from difference where {which} order by {names} limit {limit}"
        rows = self.connection.execute(text).fetchall()
        return tuple(dict(zip(self.contract.column_names, row, strict=True)) for row in rows)
