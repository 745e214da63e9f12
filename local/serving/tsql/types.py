"""T-SQL types: their precedence, the arithmetic of decimals and how each is held in DuckDB.

https://learn.microsoft.com/sql/t-sql/data-types/precision-scale-and-length-transact-sql
"""

from dataclasses import dataclass

from local.serving.tsql.errors import Refused

MAX = -1  # the length of VARCHAR(MAX)
INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT")
STRINGS = ("VARCHAR", "NVARCHAR")
DATES = ("DATE", "DATETIME", "DATETIME2")
_INTEGER_DIGITS = {"BIT": 1, "TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}
# Lowest to highest: the operand of the lower type is converted to the higher one.
_PRECEDENCE = ("NULL", "VARCHAR", "NVARCHAR", "BIT", "TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL",
               "REAL", "FLOAT", "DATE", "DATETIME", "DATETIME2")  # fmt: skip
_DUCKDB = {
    "BIT": "BOOLEAN", "TINYINT": "UTINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER", "BIGINT": "BIGINT",
    "REAL": "FLOAT", "FLOAT": "DOUBLE", "VARCHAR": "VARCHAR", "NVARCHAR": "VARCHAR", "DATE": "DATE",
    "DATETIME": "TIMESTAMP", "DATETIME2": "TIMESTAMP", "NULL": "INTEGER",
}  # fmt: skip


@dataclass(frozen=True)
class SqlType:
    """A T-SQL type: its name and its arguments (length; precision and scale; digits of a second).

    `NULL` is the type of a bare NULL and `PREDICATE` that of a condition, which is no value in T-SQL.
    """

    name: str
    args: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.args:
            return self.name
        return f"{self.name}({','.join('MAX' if a == MAX else str(a) for a in self.args)})"

    @property
    def duckdb(self) -> str:
        if self.name == "DECIMAL":
            return f"DECIMAL({self.args[0]},{self.args[1]})"
        return _DUCKDB[self.name]

    @property
    def is_integer(self) -> bool:
        return self.name in INTEGERS

    @property
    def is_string(self) -> bool:
        return self.name in STRINGS

    @property
    def is_date(self) -> bool:
        return self.name in DATES

    @property
    def is_float(self) -> bool:
        return self.name in ("FLOAT", "REAL")

    @property
    def is_number(self) -> bool:
        return self.name in _INTEGER_DIGITS or self.name == "DECIMAL" or self.is_float

    @property
    def rank(self) -> int:
        return _PRECEDENCE.index(self.name)

    def as_decimal(self) -> "SqlType":
        """The DECIMAL that holds every value of this exact number type."""
        return self if self.name == "DECIMAL" else decimal(_INTEGER_DIGITS[self.name], 0)


NULL = SqlType("NULL")
PREDICATE = SqlType("PREDICATE")
BIT = SqlType("BIT")
SMALLINT = SqlType("SMALLINT")
INT = SqlType("INT")
BIGINT = SqlType("BIGINT")
FLOAT = SqlType("FLOAT")
DATE = SqlType("DATE")
DATETIME = SqlType("DATETIME")


def decimal(precision: int, scale: int) -> SqlType:
    return SqlType("DECIMAL", (precision, scale))


def datetime2(digits: int = 7) -> SqlType:
    return SqlType("DATETIME2", (digits,))


def varchar(length: int, national: bool = False) -> SqlType:
    """VARCHAR of that many bytes; longer than 8000 (4000 national characters) becomes MAX."""
    limit = 4000 if national else 8000
    return SqlType(
        "NVARCHAR" if national else "VARCHAR", (MAX if length == MAX or length > limit else length,)
    )


def _fitted(precision: int, scale: int) -> SqlType:
    """Squeeze a product's or quotient's type into 38 digits, as SQL Server does."""
    if precision <= 38:
        return decimal(precision, scale)
    integral = precision - scale
    if integral < 32:
        return decimal(38, min(scale, 38 - integral))
    return decimal(38, min(scale, 6))


def arithmetic(operator: str, left: SqlType, right: SqlType) -> SqlType:
    """The DECIMAL that `left operator right` has, for two DECIMALs. `operator` is one of + - * / %."""
    (p1, s1), (p2, s2) = left.args, right.args
    if operator == "*":
        return _fitted(p1 + p2 + 1, s1 + s2)
    if operator == "/":
        scale = max(6, s1 + p2 + 1)
        return _fitted(p1 - s1 + s2 + scale, scale)
    if operator == "%":
        return decimal(min(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2))
    integral, scale = max(p1 - s1, p2 - s2), max(s1, s2)
    if integral + scale + 1 <= 38:
        return decimal(integral + scale + 1, scale)
    return decimal(38, max(0, min(scale, 38 - integral)))


def unify(types: list[SqlType], where: str) -> SqlType:
    """The one type that values of these types are converted to, by T-SQL's precedence.

    Raises:
        Refused: dates and numbers meet, which T-SQL calls an operand type clash.
    """
    top = max(types, key=lambda t: t.rank)
    if top.is_date and any(t.is_number for t in types):
        number = next(t for t in types if t.is_number)
        raise Refused(where, f"{number} and {top} are not compatible.", "Convert one of them with CAST.")
    if top.name == "DECIMAL":
        exact = [t.as_decimal() for t in types if t.is_number]
        scale = max(t.args[1] for t in exact)
        return decimal(min(38, max(t.args[0] - t.args[1] for t in exact) + scale), scale)
    if top.is_string:
        lengths = [t.args[0] for t in types if t.is_string]
        return varchar(MAX if MAX in lengths else max(lengths), top.name == "NVARCHAR")
    if top.name == "DATETIME2":
        return datetime2(
            max(t.args[0] if t.args else 3 for t in types if t.name in ("DATETIME2", "DATETIME"))
        )
    return top


_ARGUMENTS = {"DECIMAL": ((18, 0), 2), "FLOAT": ((53,), 1), "VARCHAR": ((1,), 1), "NVARCHAR": ((1,), 1),
              "DATETIME2": ((7,), 1)}  # fmt: skip
_SYNONYMS = {"NUMERIC": "DECIMAL", "DEC": "DECIMAL", "INTEGER": "INT"}


def named(name: str, args: tuple[int, ...] = (), default_length: int = 1) -> SqlType:
    """The type written as `name(args)`. A VARCHAR without a length has `default_length` (30 in a CAST).

    Raises:
        Refused: the type is unknown here, or its arguments are out of range.
    """
    upper = _SYNONYMS.get(name.upper(), name.upper())
    text = str(SqlType(name.upper(), args))
    if upper != "DECIMAL" and (upper not in _DUCKDB or upper == "NULL"):
        raise Refused(text, f"The type {name.upper()} is not translated on the laptop.",
                      "Types: BIT, TINYINT, SMALLINT, INT, BIGINT, DECIMAL, FLOAT, REAL, DATE, DATETIME2, "
                      "VARCHAR, NVARCHAR.")  # fmt: skip
    defaults, most = _ARGUMENTS.get(upper, ((), 0))
    if len(args) > most:
        raise Refused(text, f"{upper} takes at most {most} argument(s).")
    if upper in STRINGS:
        return _string(upper, args[0] if args else default_length, text)
    full = args + defaults[len(args) :]
    if upper == "DECIMAL" and not (1 <= full[0] <= 38 and 0 <= full[1] <= full[0]):
        raise Refused(text, "DECIMAL(p,s) needs 1 <= p <= 38 and 0 <= s <= p.")
    if upper == "DATETIME2" and not 0 <= full[0] <= 7:
        raise Refused(text, "DATETIME2 has 0 to 7 digits after the second.")
    if upper == "FLOAT":  # 4 bytes up to 24 bits of mantissa, else 8
        if not 1 <= full[0] <= 53:
            raise Refused(text, "FLOAT(n) needs 1 <= n <= 53.")
        return SqlType("REAL") if full[0] <= 24 else FLOAT
    return SqlType(upper, full)


def _string(name: str, length: int, text: str) -> SqlType:
    limit = 4000 if name == "NVARCHAR" else 8000
    if length != MAX and not 1 <= length <= limit:
        raise Refused(text, f"{name}(n) needs 1 <= n <= {limit}, or MAX.")
    return SqlType(name, (length,))
