"""A bound expression: DuckDB SQL and the T-SQL type of what it yields."""

from dataclasses import dataclass

from local.serving.tsql.errors import Refused
from local.serving.tsql.types import INT, NULL, PREDICATE, SqlType, decimal, varchar


@dataclass(frozen=True)
class Value:
    """`sql` is DuckDB's, whole in itself (in parentheses where needed).

    `literal` is the Python value when the text has a literal here, else None.
    """

    sql: str
    type: SqlType
    literal: str | int | None = None

    @property
    def is_predicate(self) -> bool:
        return self.type == PREDICATE


def quoted(text: str) -> str:
    """A text literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted name of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str, national: bool = False) -> Value:
    length = len(value) if national else len(value.encode())
    return Value(quoted(value), varchar(max(1, length), national), value)


def number(written: str) -> Value:
    """A numeric literal: INT, a DECIMAL as wide as it is written, or FLOAT with an exponent."""
    if written.isdigit():
        value = int(written)
        if value <= 2**31 - 1:
            return Value(str(value), INT, value)
        kind = decimal(_digits(written, len(str(value))), 0)
        return Value(f"CAST({value} AS {kind.duckdb})", kind)
    if "e" in written.lower():
        return Value(f"CAST({quoted(written)} AS DOUBLE)", SqlType("FLOAT"))
    whole, _, fraction = written.partition(".")
    if not (whole or fraction).isdigit() or not (fraction.isdigit() or fraction == ""):
        raise Refused(written, "This is no number of T-SQL.")
    whole = whole.lstrip("0")
    kind = decimal(_digits(written, max(1, len(whole) + len(fraction))), len(fraction))
    return Value(f"CAST({quoted(f'{whole or 0}.{fraction or 0}')} AS {kind.duckdb})", kind)


def _digits(written: str, count: int) -> int:
    if count > 38:
        raise Refused(written, "A number has at most 38 digits.")
    return count


NULL_VALUE = Value("NULL", NULL)


def predicate(sql: str) -> Value:
    return Value(f"({sql})", PREDICATE)
