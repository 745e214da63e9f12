"""How a table is served: the star's part of a contract.

A gold table has the contract's own columns, then those looked up in dimensions, then derived ones, then a number
within a group. Beside it a contract may hold aggregates over it, and tables that stand still.
"""

from typing import Literal

from contracts.columns import Derived, Identifier, Model, Named

Value = str | int | None


class Taken(Named):
    """A column of a dimension, served with the row that refers to it; `unknown` stands in while it is not there."""

    column: Identifier
    unknown: Value


class Lookup(Model):
    """A reference to a dimension: `key` is the dimension's key column to this table's column.

    With `valid_at`, a column of this table, it is the version of that moment; the first version counts from the
    beginning of time, since a driver drove before anyone wrote the row. A row whose dimension is not there yet is
    served with the unknown values, and completed when it arrives.
    """

    dimension: Identifier
    key: dict[Identifier, Identifier]
    valid_at: Identifier | None = None
    columns: tuple[Taken, ...]

    def plan(self) -> dict:
        """As the job reads it: {dimension, key: [[theirs, ours]], valid_at, columns}."""
        return {
            "dimension": self.dimension,
            "key": [[theirs, ours] for theirs, ours in self.key.items()],
            "valid_at": self.valid_at,
            "columns": [
                {"name": t.name, "type": t.parsed.spark, "column": t.column, "unknown": _text(t.unknown)}
                for t in self.columns
            ],
        }


class Numbered(Named):
    """The place of a row among the rows that share the columns `within`, from 1, in the order of `order`."""

    within: tuple[Identifier, ...]
    order: tuple[Identifier, ...]

    def plan(self) -> dict:
        """As the job reads it: {name, type, within, order}."""
        return {"name": self.name, "type": self.parsed.spark, "within": self.within, "order": self.order}


class Measure(Derived):
    """An aggregate over the rows of a group, such as `sum(total_amount)`."""


class Aggregate(Model):
    """A gold table with one row a group, kept current by recomputing just the groups that changed."""

    table: Identifier
    group_by: tuple[Derived, ...]
    measures: tuple[Measure, ...]
    where: str | None = None
    description: str = ""

    def plan(self) -> dict:
        """As the job reads it: {table, where, group_by, measures}."""
        return {
            "table": self.table,
            "where": self.where,
            "group_by": [g.plan() for g in self.group_by],
            "measures": [m.plan() for m in self.measures],
        }


class Sequence(Model):
    """Key values from `first` to `last`, both included, by `step`, a Spark SQL literal such as `interval 1 day`."""

    first: str | int
    last: str | int
    step: str = "1"


class Static(Model):
    """A dimension that no source holds: its rows stand here, or follow from a sequence of keys.

    Each of `rows` gives the key and then `columns`; `derived` columns follow from both.
    """

    table: Identifier
    description: str = ""
    key: Named
    columns: tuple[Named, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    sequence: Sequence | None = None
    derived: tuple[Derived, ...] = ()

    @property
    def served(self) -> tuple[Named, ...]:
        return (self.key, *self.columns, *self.derived)

    def plan(self) -> dict:
        """As the job reads it: {table, columns: [[name, type]], rows of texts, sequence, derived}."""
        given = [[c.name, c.parsed.spark] for c in (self.key, *self.columns)]
        return {
            "table": self.table,
            "columns": given,
            "rows": [[_text(v) for v in row] for row in self.rows],
            "sequence": [str(v) for v in (self.sequence.first, self.sequence.last, self.sequence.step)]
            if self.sequence
            else None,
            "derived": [d.plan() for d in self.derived],
        }


class Gold(Model):
    """How the table is served. `unknown` gives a dimension's row for whatever is not there (yet): key and texts.
    `by_month` names the date or timestamp by whose month the files are kept apart, so that a merge of what is recent
    leaves those of other months alone."""

    table: Identifier
    role: Literal["fact", "dimension"]
    unknown: dict[Identifier, Value] = {}
    lookups: tuple[Lookup, ...] = ()
    derived: tuple[Derived, ...] = ()
    numbered: Numbered | None = None
    by_month: Identifier | None = None
    aggregates: tuple[Aggregate, ...] = ()
    static: tuple[Static, ...] = ()

    @property
    def added(self) -> tuple[Named, ...]:
        """The columns that gold adds to the contract's own, in their order."""
        taken = (t for lookup in self.lookups for t in lookup.columns)
        return (*taken, *self.derived, *((self.numbered,) if self.numbered else ()))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of every gold table of the contract, its own first."""
        return (self.table, *(a.table for a in self.aggregates), *(s.table for s in self.static))

    def plan(self) -> dict:
        """As the job reads it: its own fields, the texts of `unknown` by column."""
        return {
            "table": self.table,
            "role": self.role,
            "unknown": {name: _text(value) for name, value in self.unknown.items()},
            "lookups": [lookup.plan() for lookup in self.lookups],
            "derived": [d.plan() for d in self.derived],
            "numbered": self.numbered.plan() if self.numbered else None,
            "by_month": self.by_month,
            "aggregates": [a.plan() for a in self.aggregates],
            "static": [s.plan() for s in self.static],
        }


def _text(value: Value) -> str | None:
    """A literal as text, which the job casts to the column's type."""
    return None if value is None else str(value)
