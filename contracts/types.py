"""Column types: one table that maps a contract's type to every system that it reaches.

A value leaves the source through the cast given here, since neither Data Factory's mapping of
PostgreSQL types to Parquet nor its date parsing is specified: `timestamp` leaves as UTC wall time,
`json` and `uuid` as text.
"""

import re
from dataclasses import dataclass

# Bytes of UTF-8: what a text may not reach, and what Synapse's VARCHAR(n) holds.
LONGEST_TEXT = 1_000_000
LONGEST_VARCHAR = 8000
_CONTROL = r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]"
# The hex digits of well-formed UTF-8 (RFC 3629, section 4).
_TAIL = "[89ab][0-9a-f]"
UTF8 = "^(" + "|".join((
    "[0-7][0-9a-f]", f"(c[2-9a-f]|d[0-9a-f]){_TAIL}", f"e0[ab][0-9a-f]{_TAIL}", f"(e[1-9abcef]){_TAIL}{_TAIL}",
    f"ed[89][0-9a-f]{_TAIL}", f"f0[9ab][0-9a-f]{_TAIL}{_TAIL}", f"f[123]{_TAIL}{_TAIL}{_TAIL}",
    f"f48[0-9a-f]{_TAIL}{_TAIL}",
)) + ")*$"  # fmt: skip
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

    def widens_to(self, other: "ColumnType") -> bool:
        """Whether every value of this type has a place in the other, which the stored tables can take as they are: a
        larger integer, a decimal with no fewer digits on either side, a longer text, a finer time."""
        digits = {"smallint": 5, "integer": 10, "bigint": 19}
        if self.name in digits and other.name in digits:
            return digits[self.name] <= digits[other.name]
        if other.name == "decimal" and (self.name == "decimal" or self.name in digits):
            precision, scale = self.args if self.name == "decimal" else (digits[self.name], 0)
            return other.args[0] - other.args[1] >= precision - scale and other.args[1] >= scale
        if self.name == "varchar" and other.name in ("varchar", "text"):
            return other.name == "text" or self.args[0] <= other.args[0]
        return self.name == other.name and self.precision <= other.precision

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

    @property
    def landed(self) -> str:
        """PostgreSQL's type of what the extract gives."""
        match self.name:
            case "decimal":
                return f"numeric({self.args[0]},{self.args[1]})"
            case "timestamp":
                return "timestamp"
            case "text" | "varchar" | "json" | "uuid":
                return "text"
        return self.postgres

    def extract(self, column: str) -> str:
        """The expression that reads the quoted `column` from PostgreSQL with an explicit cast."""
        if self.name == "timestamp":
            return f"({column} at time zone 'UTC')::timestamp"
        return f"{column}::{self.landed}"

    def fits(self, column: str) -> str | None:
        """SQL: the value of the quoted `column` has a place in landing and in every table behind it.

        None where every value has one. Null where the value is null. It holds for a column of the source that is wider
        than the contract says, too: what does not fit is neither cut nor rounded. The condition of a text asks a row
        `e` for `utf8`, whether the database sees to the encoding itself, and `grammar`, which is `UTF8`.
        """
        match self.name:
            case "smallint":
                return f"{column} between -32768 and 32767"
            case "integer":
                return f"{column} between -2147483648 and 2147483647"
            case "decimal":
                # NaN is greater than every number; the scale is looked at first, since it is cheap.
                precision, scale = self.args
                most = "9" * (precision - scale) + ("." + "9" * scale if scale else "") if precision else "0"
                exact = f"(scale({column}) <= {scale} or {column} = round({column}, {scale}))"
                return f"{column} between -{most} and {most} and {exact}"
            case "double":
                return f"{column} between -1.7976931348623157e308 and 1.7976931348623157e308"
            case "date":
                return f"{column} between date '0001-01-01' and date '9999-12-31'"
            case "timestamp" | "localtime":
                zone, kind = ("+00", "timestamptz") if self.name == "timestamp" else ("", "timestamp")
                low, high = f"0001-01-01 00:00:00{zone}", f"9999-12-31 23:59:59.999999{zone}"
                return f"{column} between {kind} '{low}' and {kind} '{high}'"
            case "text" | "varchar" | "json":
                return self._text_fits(f"{column}::text")
        return None

    def _text_fits(self, text: str) -> str:
        """Not too long, no control characters but tab and the ends of lines, UTF-8 where the database does not ask."""
        most = [f"octet_length({text}) < {LONGEST_TEXT}"]
        if self.name == "varchar":
            most = [f"length({text}) <= {self.args[0]}"]
            if self.args[0] * 4 > LONGEST_VARCHAR:
                most.append(f"octet_length({text}) <= {LONGEST_VARCHAR}")
        most.append(f"{text} !~ '{_CONTROL}'")
        most.append(f"(e.utf8 or encode(convert_to({text}, 'SQL_ASCII'), 'hex') ~ e.grammar)")
        return " and ".join(most)

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
