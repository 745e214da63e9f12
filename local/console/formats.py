"""Values by the model's format strings, as Power BI writes them: the part of them that the report uses."""

import re
from datetime import date, datetime
from decimal import Decimal

_NUMBER = re.compile(r"^(?P<before>[^#0]*)(?P<whole>[#0,]+)(?:\.(?P<places>0+))?(?P<percent>%?)$")


def formatted(value: object, pattern: str) -> str:
    """A value as text; an empty text for none.

    Sections after a semicolon are for negative numbers and zero: a sign stands before the number either way, so the
    first one is read, with `+` where it says so. A pattern that is not understood leaves the value as it is.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, int | float | Decimal):
        return str(value)
    found = _NUMBER.match(pattern.split(";")[0])
    if found is None:
        return str(value)
    number = value * 100 if found["percent"] else value
    digits = len(found["places"] or "")
    comma = "," if "," in found["whole"] else ""
    text = format(abs(number), f"{comma}.{digits}f")
    before = found["before"].replace("\\", "").replace('"', "")
    sign = "-" if number < 0 and float(text.replace(",", "")) else ""
    if "+" in before:
        before, sign = before.replace("+", ""), sign or ("+" if number > 0 else "")
    return f"{sign}{before}{text}{found['percent']}"
