"""Which changes of a stored column's type lose nothing: every value of the old type has a place in the new one."""

import re

_DIGITS = {"smallint": 5, "int": 10, "bigint": 19}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def allowed(stored: str, wanted: str) -> bool:
    """Whether a column of Spark type `stored` may become `wanted`: a larger integer, or a decimal with no fewer digits
    on either side of the point."""
    into = _DECIMAL.fullmatch(wanted)
    if into is None:
        return stored in _DIGITS and wanted in _DIGITS and _DIGITS[stored] < _DIGITS[wanted]
    of = _DECIMAL.fullmatch(stored)
    if of is not None:
        whole, scale = int(of[1]) - int(of[2]), int(of[2])
    elif stored in _DIGITS:
        whole, scale = _DIGITS[stored], 0
    else:
        return False
    return int(into[1]) - int(into[2]) >= whole and int(into[2]) >= scale
