"""The shape of a contract. What a contract may not say is in `contracts.rules`."""

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts import types


def _identifier(value: str) -> str:
    """Names go into SQL, paths and Delta: a small alphabet shuts out injection at the door."""
    if not (value.isascii() and value.replace("_", "a").isalnum() and value[0].isalpha() and value.islower()):
        raise ValueError("lower case letters, digits and underscore, starting with a letter")
    if len(value) > 63:
        raise ValueError("at most 63 characters (PostgreSQL's limit)")
    return value


def _type(value: str) -> str:
    types.parse(value)
    return value.strip().lower()


Identifier = Annotated[str, AfterValidator(_identifier)]
TypeName = Annotated[str, AfterValidator(_type)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Model):
    """One column: its name, type, nullability, and how sensitive it is."""

    name: Identifier
    type: TypeName
    nullable: bool = True
    sensitive: bool = False
    description: str = ""

    @property
    def parsed(self) -> types.ColumnType:
        return types.parse(self.type)


class SourceTable(_Model):
    """Where the rows are: schema and table in the source database, and extra indexes of the sample source.

    `identity` names a column that the sample source numbers by itself, one value at a time.
    """

    schema_name: Identifier = Field(alias="schema")
    table: Identifier
    identity: Identifier | None = None
    sequence_cache: int = Field(1, ge=1)
    indexed: bool = True
    defaults: dict[Identifier, str] = {}


class Cursor(_Model):
    """The column whose value tells what is new, and how far back each run looks again.

    `lookback` is a duration for a timestamp cursor ("15m") and a count of values for an integer one.
    It widens what is read and never the bounds in the ledger.
    `nulls` says what becomes of rows without a value: refuse stops the table, include merges them as the oldest
    version of their key, skip leaves them out and counts them.
    """

    column: Identifier
    kind: Literal["timestamp", "integer"]
    lookback: timedelta | int | None = None
    nulls: Literal["refuse", "include", "skip"] | None = None


class Deletes(_Model):
    """How a delete at the source is seen.

    `soft`: `column` flags the row. `keys`: the row is gone, which the pipeline `reconcile` finds by comparing keys;
    with a `column` the source also flags rows.
    """

    kind: Literal["none", "soft", "keys"] = "none"
    column: Identifier | None = None


class Rule(_Model):
    """A data quality rule: a Spark SQL condition that good rows satisfy, and what happens to others.

    A rule of severity `fail` stops the table when more rows break it than its `threshold`: a count, or below 1 a share
    of the rows that landed; without one, any row does. Rows below the threshold go to quarantine.
    """

    name: Identifier
    condition: str
    severity: Literal["warn", "quarantine", "fail"] = "quarantine"
    threshold: int | float | None = None


class Derived(_Model):
    """A served column computed from the table's own columns by a Spark SQL expression."""

    name: Identifier
    type: TypeName
    expression: str
    nullable: bool = True
    description: str = ""

    @property
    def parsed(self) -> types.ColumnType:
        return types.parse(self.type)


class Measure(Derived):
    """An aggregate over the rows of a group, such as `sum(total_amount)`."""


class Aggregate(_Model):
    """A gold table with one row a group, kept current by recomputing just the groups that changed."""

    table: Identifier
    group_by: tuple[Derived, ...]
    measures: tuple[Measure, ...]
    where: str | None = None
    description: str = ""


class Gold(_Model):
    """How the table is served: the star's name for it, derived columns and the aggregates over it."""

    table: Identifier
    role: Literal["fact", "dimension"]
    derived: tuple[Derived, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()


class Contract(_Model):
    """All that Highwater knows of one source table."""

    table: Identifier
    description: str
    owner: str
    source: SourceTable
    columns: tuple[Column, ...]
    primary_key: tuple[Identifier, ...] = ()
    mode: Literal["upsert", "append", "snapshot"]
    cursor: Cursor | None = None
    history: Literal["latest", "scd2"] = "latest"
    deletes: Deletes = Deletes()
    rules: tuple[Rule, ...] = ()
    freshness: timedelta
    chunk_rows: int = Field(500_000, ge=1_000)
    gold: Gold

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"contract {self.table} has no column {name}")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Columns that live in the restricted container only."""
        return tuple(c.name for c in self.columns if c.sensitive)

    @property
    def cursor_type(self) -> types.ColumnType | None:
        return self.column(self.cursor.column).parsed if self.cursor else None

    def plan_json(self) -> str:
        """What the Spark job needs of this contract, as canonical JSON: it travels with the plan.

        The job's wheel therefore knows no table and has no dependency on this package. Shape:
        {table, mode, history, primary_key, cursor, cursor_nulls, deleted_flag, deletes_by_keys,
        columns: [{name, type, nullable, sensitive}],
        rules: [{name, condition, severity, threshold}], gold: {...}}, every `type` in Spark SQL's own words.
        """

        def spark(c: Column | Derived) -> dict:
            out = {"name": c.name, "type": c.parsed.spark, "nullable": c.nullable}
            return out | (
                {"expression": c.expression} if isinstance(c, Derived) else {"sensitive": c.sensitive}
            )

        plan = {
            "table": self.table,
            "mode": self.mode,
            "history": self.history,
            "primary_key": self.primary_key,
            "cursor": self.cursor.column if self.cursor else None,
            "cursor_nulls": self.cursor.nulls if self.cursor else None,
            "deleted_flag": self.deletes.column,
            "deletes_by_keys": self.deletes.kind == "keys",
            "columns": [spark(c) for c in self.columns],
            "rules": [r.model_dump() for r in self.rules],
            "gold": {
                "table": self.gold.table,
                "role": self.gold.role,
                "derived": [spark(d) for d in self.gold.derived],
                "aggregates": [
                    {
                        "table": a.table,
                        "where": a.where,
                        "group_by": [spark(g) for g in a.group_by],
                        "measures": [spark(m) for m in a.measures],
                    }
                    for a in self.gold.aggregates
                ],
            },
        }
        return json.dumps(plan, sort_keys=True, separators=(",", ":"))

    @property
    def version(self) -> str:
        """Twelve hex digits that change when anything in the contract does."""
        body = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()[:12]
