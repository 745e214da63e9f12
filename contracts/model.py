"""The shape of a contract. What a contract may not say is in `contracts.rules`."""

import hashlib
import json
from datetime import timedelta
from typing import Literal

from pydantic import Field

from contracts import types
from contracts.columns import Column, Identifier, Model, Named
from contracts.gold import Gold


class SourceTable(Model):
    """Where the rows are: schema and table in the source database, and extra indexes of the sample source.

    `identity` names a column that the sample source numbers by itself, one value at a time.
    """

    schema_name: Identifier = Field(alias="schema")
    table: Identifier
    identity: Identifier | None = None
    sequence_cache: int = Field(1, ge=1)
    indexed: bool = True
    defaults: dict[Identifier, str] = {}


class Cursor(Model):
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


class Deletes(Model):
    """How a delete at the source is seen.

    `soft`: `column` flags the row. `keys`: the row is gone, which the pipeline `reconcile` finds by comparing keys;
    with a `column` the source also flags rows.
    """

    kind: Literal["none", "soft", "keys"] = "none"
    column: Identifier | None = None


class Rule(Model):
    """A data quality rule: a Spark SQL condition that good rows satisfy, and what happens to others.

    A rule of severity `fail` stops the table when more rows break it than its `threshold`: a count, or below 1 a share
    of the rows that landed; without one, any row does. Rows below the threshold go to quarantine.
    """

    name: Identifier
    condition: str
    severity: Literal["warn", "quarantine", "fail"] = "quarantine"
    threshold: int | float | None = None


class Contract(Model):
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

    @property
    def served(self) -> tuple[Named, ...]:
        """The columns of the gold table in their order: the contract's own but the sensitive ones, then what gold adds.

        Of a table with history `valid_from`, `valid_to` and `is_current` follow; every gold table ends in the job's
        own columns, whose names start with an underscore.
        """
        return (*(c for c in self.columns if not c.sensitive), *self.gold.added)

    def plan_json(self) -> str:
        """What the Spark job needs of this contract, as canonical JSON: it travels with the plan.

        The job's wheel therefore knows no table and has no dependency on this package. Shape:
        {table, mode, history, primary_key, cursor, cursor_nulls, deleted_flag, deletes_by_keys,
        columns: [{name, type, nullable, sensitive}],
        rules: [{name, condition, severity, threshold}], gold: {...}}, every `type` in Spark SQL's own words;
        `gold` is written by `contracts.gold`.
        """
        columns = [
            {"name": c.name, "type": c.parsed.spark, "nullable": c.nullable, "sensitive": c.sensitive}
            for c in self.columns
        ]
        plan = {
            "table": self.table,
            "mode": self.mode,
            "history": self.history,
            "primary_key": self.primary_key,
            "cursor": self.cursor.column if self.cursor else None,
            "cursor_nulls": self.cursor.nulls if self.cursor else None,
            "deleted_flag": self.deletes.column,
            "deletes_by_keys": self.deletes.kind == "keys",
            "columns": columns,
            "rules": [r.model_dump() for r in self.rules],
            "gold": self.gold.plan(),
        }
        return json.dumps(plan, sort_keys=True, separators=(",", ":"))

    def definition_json(self) -> str:
        """The whole contract as canonical JSON: the order in which keys were written does not show in it."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)

    @property
    def version(self) -> str:
        """Twelve hex digits that change when anything in the contract does."""
        return hashlib.sha256(self.definition_json().encode()).hexdigest()[:12]
