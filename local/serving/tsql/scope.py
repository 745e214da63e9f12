"""What a name in a query can mean: the relations of a FROM clause, and those of the queries around it.

Names are case-sensitive, since the database's collation compares bytes: so are they on Synapse.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from local.serving.tsql.errors import Refused
from local.serving.tsql.types import SqlType
from local.serving.tsql.values import Value


@dataclass(frozen=True)
class Column:
    """An output column of a query: its name (None without an alias) and type."""

    name: str | None
    type: SqlType


@dataclass(frozen=True)
class Bound:
    """A bound query. `sql` yields the columns under the names c1, c2, .. in the order of `columns`."""

    sql: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Relation:
    """One item of a FROM clause: `sql` names it in DuckDB as `alias`; in the query it is `name`."""

    name: str
    alias: str
    sql: str
    columns: tuple[Column, ...]
    schema: str | None = None

    def values(self) -> list[tuple[str | None, Value]]:
        return [(c.name, Value(f"{self.alias}.c{i}", c.type)) for i, c in enumerate(self.columns, 1)]


@dataclass
class Scope:
    """The relations that a query sees, and the query around it."""

    relations: list[Relation] = field(default_factory=list)
    parent: "Scope | None" = None

    def add(self, relation: Relation) -> None:
        for other in self.relations:
            if other.name == relation.name and other.schema == relation.schema:
                raise Refused(relation.name, "Two tables of the FROM clause have this name.",
                              "Give them aliases.")  # fmt: skip
        self.relations.append(relation)

    def matching(self, table: str | None, schema: str | None) -> list[Relation]:
        if table is None:
            return self.relations
        return [r for r in self.relations if r.name == table and (schema is None or r.schema == schema)]

    def resolve(self, column: exp.Column) -> Value:
        """The value that a column name stands for.

        Raises:
            Refused: there is none, or more than one.
        """
        table, schema = column.table or None, column.args.get("db")
        for relation_set in self._outwards():
            found = [
                value
                for relation in relation_set.matching(table, schema.name if schema else None)
                for name, value in relation.values()
                if name == column.name
            ]
            if len(found) > 1:
                raise Refused(column.name, f"Ambiguous column name {column.name}.", "Write table.column.")
            if found:
                return found[0]
        raise Refused(_written(column), f"Invalid column name {column.name}.", self._hint(column.name))

    def _outwards(self):
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def _hint(self, name: str) -> str:
        known = sorted({c.name for s in self._outwards() for r in s.relations for c in r.columns if c.name})
        same = [k for k in known if k.lower() == name.lower()]
        if same:
            return f"Names are case-sensitive: write {same[0]}."
        return f"Columns here: {', '.join(known)}." if known else ""


def _written(column: exp.Column) -> str:
    return ".".join(p.name for p in column.parts)
