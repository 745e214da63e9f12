"""One view a gold table, aggregate and restricted table: explicit columns with narrow types, never a star."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import Contract
from contracts.gold import Aggregate, Static
from contracts.types import parse
from sql.serving.database import SOURCES
from sql.serving.texts import SEPARATOR, fill, identifier

_BIGINT, _BIT, _MOMENT = (parse(t).tsql for t in ("bigint", "boolean", "timestamp"))
BATCH, REMOVED = "_batch_id", "_removed"
SERVED_BATCH, SERVED_REMOVED = "batch_id", "is_removed"
CHANGES = "_changes"


@dataclass(frozen=True)
class View:
    """A view and what it reads.

    Attributes:
        schema: mart or restricted.
        name: the view's name; its Delta table's folder, and `_changes` for one that shows removed rows.
        columns: (name in Delta, T-SQL type, name as served) of each served column, in order.
        marks_removed: the table marks rows that are gone, and the view leaves them out.
        shows_removed: the view has them, and says which they are: what changed since batch N is
            `WHERE batch_id > N` of it, what is gone included.
    """

    schema: str
    name: str
    columns: tuple[tuple[str, str, str], ...]
    marks_removed: bool
    shows_removed: bool = False

    @property
    def folder(self) -> str:
        """The Delta table's folder in the container of the schema."""
        return self.name.removesuffix(CHANGES) if self.shows_removed else self.name

    @property
    def changes(self) -> "View":
        """The view of the same table that shows what is gone too."""
        columns = (*self.columns, (REMOVED, _BIT, SERVED_REMOVED))
        return View(self.schema, f"{self.name}{CHANGES}", columns, False, shows_removed=True)

    @property
    def served(self) -> tuple[str, ...]:
        return tuple(served for _, _, served in self.columns)

    def script(self) -> str:
        """CREATE OR ALTER VIEW, alone in its batch."""
        stored = [(name, kind) for name, kind, _ in self.columns]
        if self.marks_removed:
            stored.append((REMOVED, _BIT))
        select = [
            f"[rows].{identifier(name)}" + ("" if name == served else f" AS {identifier(served)}")
            for name, _, served in self.columns
        ]
        return fill(
            "view",
            schema=self.schema,
            name=self.name,
            folder=self.folder,
            source=SOURCES[self.schema],
            select=",\n    ".join(select),
            columns=",\n    ".join(f"{identifier(name)} {kind}" for name, kind in stored),
            where=f"\nWHERE [rows].{identifier(REMOVED)} = 0" if self.marks_removed else "",
        )


def _validity(contract: Contract) -> list[tuple[str, str]]:
    if contract.history != "scd2":
        return []
    return [("valid_from", _MOMENT), ("valid_to", _MOMENT), ("is_current", _BIT)]


def _view(schema: str, name: str, columns: list[tuple[str, str]], marks_removed: bool) -> View:
    served = [(n, kind, n) for n, kind in columns]
    return View(schema, name, (*served, (BATCH, _BIGINT, SERVED_BATCH)), marks_removed)


def _table(contract: Contract) -> View:
    own = [(c.name, c.parsed.tsql) for c in contract.served]
    return _view("mart", contract.gold.table, [*own, *_validity(contract)], True)


def _aggregate(aggregate: Aggregate) -> View:
    columns = [(c.name, c.parsed.tsql) for c in (*aggregate.group_by, *aggregate.measures)]
    return _view("mart", aggregate.table, columns, False)


def _static(static: Static) -> View:
    return _view("mart", static.table, [(c.name, c.parsed.tsql) for c in static.served], False)


def _restricted(contract: Contract) -> View:
    """The key (of a version, where versions are kept) and the sensitive columns."""
    key = [(k, contract.column(k).parsed.tsql) for k in contract.primary_key]
    version = _validity(contract)[:1]
    own = [(c.name, c.parsed.tsql) for c in contract.columns if c.sensitive]
    return _view("restricted", contract.gold.table, [*key, *version, *own], True)


def views(contract: Contract) -> Iterator[View]:
    """Every view of a contract: the table, its aggregates, what stands still, and the restricted table if any."""
    yield _table(contract)
    for aggregate in contract.gold.aggregates:
        yield _aggregate(aggregate)
    for static in contract.gold.static:
        yield _static(static)
    if contract.sensitive:
        yield _restricted(contract)
    yield _table(contract).changes


def view_scripts(contract: Contract) -> list[tuple[str, str]]:
    """(`schema.view`, script) of each view of a contract."""
    return [(f"{v.schema}.{v.name}", v.script()) for v in views(contract)]


def view_script(contract: Contract) -> str:
    """Every view of a contract as one script."""
    return SEPARATOR.join(script for _, script in view_scripts(contract))


def drop_script(contract: Contract) -> str:
    """What takes the contract's views back."""
    return "".join(f"DROP VIEW IF EXISTS [{v.schema}].[{v.name}];\n" for v in views(contract))
