"""Column types: one table that maps a contract's type to every system that it reaches.

A value leaves the source through the cast given here, since neither Data Factory's mapping of
PostgreSQL types to Parquet nor its date parsing is specified: `timestamp` leaves as UTC wall time,
`json` and `uuid` as text.
"""

import re
from dataclasses import dataclass

_TYPE = re.compile(r"^([a-z]+)(?:\((\d+)(?:\s*,\s*(\d+))?\))?$")


@dataclass(frozen=True)
class ColumnType:
    """A parsed type such as `decimal(10,2)`: its name and its arguments."""

    name: str
    args: tuple[int, ...] = ()

    @property
    def precision(self) -> int:
        """Digits after the second of a timestamp type (0 to 6)."""
        return self.args[0] if self.args else 6

    @property
    def postgres(self) -> str:
        """The type of the column in the source's DDL."""
        match self.name:
            case "decimal":
                return f"numeric({self.args[0]},{self.args[1]})"
            case "varchar":
                return f"varchar({self.args[0]})"
            case "double":
                return "double precision"
            case "timestamp":
                return f"timestamptz({self.precision})"
            case "localtime":
                return f"timestamp({self.precision})"
            case "json":
                return "jsonb"
        return self.name

    def extract(self, column: str) -> str:
        """The expression that reads the quoted `column` from PostgreSQL with an explicit cast."""
        match self.name:
            case "decimal":
                return f"{column}::numeric({self.args[0]},{self.args[1]})"
            case "timestamp":
                return f"({column} at time zone 'UTC')::timestamp"
            case "text" | "varchar" | "json" | "uuid":
                return f"{column}::text"
        return f"{column}::{self.postgres}"

    @property
    def spark(self) -> str:
        """The Spark SQL type, in landing and in every Delta table.

        A timestamp is Spark's TIMESTAMP (an instant) throughout: TIMESTAMP_NTZ would need Delta
        reader 3, which Synapse serverless cannot read. `localtime` is kept as its wall time in UTC.
        """
        match self.name:
            case "decimal":
                return f"decimal({self.args[0]},{self.args[1]})"
            case "timestamp" | "localtime":
                return "timestamp"
            case "varchar" | "text" | "json" | "uuid":
                return "string"
            case "integer":
                return "int"
        return self.name

    @property
    def tsql(self) -> str:
        """The narrow type of the column in a Synapse view's WITH clause."""
        collate = "COLLATE Latin1_General_100_BIN2_UTF8"
        match self.name:
            case "decimal":
                return f"DECIMAL({self.args[0]},{self.args[1]})"
            case "integer":
                return "INT"
            case "double":
                return "FLOAT"
            case "boolean":
                return "BIT"
            case "timestamp" | "localtime":
                return "DATETIME2(6)"
            case "varchar":
                # VARCHAR counts bytes of UTF-8, PostgreSQL counts characters.
                return f"VARCHAR({min(self.args[0] * 4, 8000)}) {collate}"
            case "text" | "json":
                return f"VARCHAR(MAX) {collate}"
            case "uuid":
                return f"VARCHAR(36) {collate}"
        return self.name.upper()


_ARITY = {
    "smallint": (0,), "integer": (0,), "bigint": (0,), "double": (0,), "boolean": (0,), "date": (0,),
    "decimal": (2,), "varchar": (1,), "text": (0,), "uuid": (0,), "json": (0,),
    "timestamp": (0, 1), "localtime": (0, 1),
}  # fmt: skip
NAMES = tuple(_ARITY)


def parse(text: str) -> ColumnType:
    """Parse a type as written in a contract.

    Raises:
        ValueError: the type is unknown or its arguments are out of range.
    """
    match = _TYPE.match(str(text).strip().lower())
    if not match or match[1] not in _ARITY:
        raise ValueError(f"unknown type, one of {', '.join(NAMES)} is expected")
    name, args = match[1], tuple(int(a) for a in match.groups()[1:] if a is not None)
    if len(args) not in _ARITY[name]:
        raise ValueError(f"{name} takes {' or '.join(map(str, _ARITY[name]))} argument(s)")
    if name == "decimal" and not (1 <= args[0] <= 38 and args[1] <= args[0]):
        raise ValueError("decimal(p,s) needs 1 <= p <= 38 and s <= p")
    if name in ("timestamp", "localtime") and args and args[0] > 6:
        raise ValueError("a timestamp has 0 to 6 digits after the second")
    if name == "varchar" and not 1 <= args[0] <= 8000:
        raise ValueError("varchar(n) needs 1 <= n <= 8000; use text beyond that")
    return ColumnType(name, args)
