"""Conditions: comparison, LIKE, IN, BETWEEN, with T-SQL's rules for texts.

T-SQL ignores blanks at the end of texts when it compares them, and the collation compares bytes.
"""

import re

from local.serving.tsql import types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.values import Value, predicate, quoted

_SPECIAL = set("\\^$.|?*+()[]{}-&~#")


def comparable(values: list[Value], where: str) -> list[Value]:
    """The values in one type; texts without their blanks at the end."""
    for value in values:
        if value.is_predicate:
            raise Refused(where, "A condition can't be compared in T-SQL.", "Compare values.")
    kind = types.unify([v.type for v in values], where)
    if kind.is_string:
        return [_trimmed(v) for v in values]
    if kind.is_integer and all(v.type == types.BIT or v.literal in (0, 1) for v in values):
        return [v if v.type == types.BIT else Value(str(bool(v.literal)).lower(), types.BIT) for v in values]
    if kind.name == "DECIMAL":  # exact numbers compare exactly as they are
        return [v if v.type.is_number and v.type != types.BIT else convert(v, kind) for v in values]
    if kind.is_date:
        wide = types.datetime2(7) if kind.name != "DATE" else kind
        return [v if v.type.is_date else convert(v, wide) for v in values]
    return [convert(v, kind) for v in values]


def _trimmed(value: Value) -> Value:
    if isinstance(value.literal, str):
        return Value(quoted(value.literal.rstrip(" ")), value.type, value.literal)
    return Value(f"tsql_rtrim({value.sql})", value.type) if value.type.is_string else value


def compare(operator: str, left: Value, right: Value) -> Value:
    a, b = comparable([left, right], operator)
    return predicate(f"{a.sql} {operator} {b.sql}")


def between(value: Value, low: Value, high: Value) -> Value:
    v, a, b = comparable([value, low, high], "BETWEEN")
    return predicate(f"{v.sql} BETWEEN {a.sql} AND {b.sql}")


def within(value: Value, options: list[Value]) -> Value:
    v, *rest = comparable([value, *options], "IN")
    return predicate(f"{v.sql} IN ({', '.join(o.sql for o in rest)})")


def like(value: Value, pattern: Value, escape: str | None) -> Value:
    """`value LIKE pattern`: %, _ and classes such as [0-9] or [^a], of bytes in the collation's order.

    Blanks at the value's end are ignored, those of the pattern are not.

    Raises:
        Refused: the pattern is no literal, so that it can't be seen whether it holds a class.
    """
    if not isinstance(pattern.literal, str):
        raise untranslated("LIKE with a computed pattern", "Write the pattern as a literal.")
    if value.type.is_date or value.type.is_float:
        raise untranslated(f"{value.type} LIKE", "Convert it to text with CONVERT and a style first.")
    subject = value if value.type.is_string else convert(value, types.varchar(types.MAX))
    written = pattern.literal
    if "[" in written or escape is not None:
        test = f"regexp_full_match({{}}, {quoted(regex(written, escape))})"
    else:
        test = f"{{}} LIKE {quoted(written)}"
    found = test.format(subject.sql)
    if written.endswith("%") and escape is None:
        return predicate(found)
    trimmed = test.format(f"tsql_rtrim({subject.sql})")
    return predicate(f"{found} OR {trimmed}")


def regex(pattern: str, escape: str | None) -> str:
    """The regular expression of a LIKE pattern.

    Raises:
        Refused: a class is not closed, or the escape has nothing to escape.
    """
    out, at = ["(?s)"], 0
    while at < len(pattern):
        char = pattern[at]
        if char == escape:
            if at + 1 == len(pattern):
                raise Refused(f"LIKE {quoted(pattern)}", "The escape character ends the pattern.")
            out.append(_escaped(pattern[at + 1]))
            at += 2
        elif char == "[":
            end = pattern.find("]", at + 2 if pattern[at + 1 : at + 2] == "^" else at + 1)
            if end < 0:
                raise Refused(
                    f"LIKE {quoted(pattern)}", "A class [..] is not closed.", "Write [[] for a bracket."
                )
            out.append(_character_class(pattern[at + 1 : end], pattern))
            at = end + 1
        else:
            out.append({"%": ".*", "_": "."}.get(char) or _escaped(char))
            at += 1
    return "".join(out)


def _escaped(char: str) -> str:
    return "\\" + char if char in _SPECIAL else char


def _character_class(body: str, pattern: str) -> str:
    negated, members = body.startswith("^"), body.removeprefix("^")
    if not members:
        raise Refused(f"LIKE {quoted(pattern)}", "A class [..] is empty.")
    parts = re.findall(r".-.|.", members, flags=re.DOTALL)
    shown = [f"{_escaped(p[0])}-{_escaped(p[2])}" if len(p) == 3 else _escaped(p) for p in parts]
    return f"[{'^' if negated else ''}{''.join(shown)}]"
