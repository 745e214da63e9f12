""".NET's date and time formats, standard (one letter) and custom, in en-US.

https://learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings
"""

import calendar
import re
from functools import lru_cache

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.moments import LOCAL_KIND, NO_KIND, Moment

_STANDARD = {
    "d": "M/d/yyyy",
    "D": "dddd, MMMM d, yyyy",
    "f": "dddd, MMMM d, yyyy h:mm tt",
    "F": "dddd, MMMM d, yyyy h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt",
    "G": "M/d/yyyy h:mm:ss tt",
    "m": "MMMM d",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": "dddd, MMMM d, yyyy h:mm:ss tt",
    "y": "MMMM yyyy",
}
_STANDARD |= {"M": _STANDARD["m"], "R": _STANDARD["r"], "Y": _STANDARD["y"]}

_TOKEN = re.compile(
    r"""(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\\(?P<escaped>.)|%(?P<single>[^%])"""
    r"|(?P<field>d+|M+|y+|h+|H+|m+|s+|f+|F+|t+|z+|g+|K)|(?P<text>[^'\"\\%])",
    re.DOTALL,
)


def format_moment(name: str, moment: Moment, pattern: str) -> str:
    """The moment in a format; an empty one is G, as in .NET.

    Raises:
        ExpressionError: not a format.
    """
    if pattern in ("o", "O"):
        return moment.round_trip()
    try:
        parts = _parse(pattern or "G")
    except ValueError:
        raise ExpressionError(
            f"The template language function '{name}' format parameter '{pattern}' is not supported. "
            "The format must be a valid single format specifier character (such as 'd' or 'g') or a valid "
            "custom format pattern (such as 'MMMM dd, yyyy' or 'hh:mm:ss.ff')."
        ) from None
    out: list[str] = []
    for letter, width, literal in parts:
        if letter is None:
            out.append(literal)
        elif letter == "F" and not (digits := _fraction(moment, width).rstrip("0")):
            if out and out[-1] == ".":  # the point goes with the digits
                out.pop()
        else:
            out.append(digits if letter == "F" else _FIELDS[letter](moment, width))
    return "".join(out)


def has_words(pattern: object) -> bool:
    """Whether what a format shows depends on the locale."""
    if not isinstance(pattern, str) or pattern in tuple("oOrRsu"):
        return False
    return len(pattern) < 2 or any(word in pattern for word in ("ddd", "MMM", "t", "g"))


@lru_cache(maxsize=512)
def _parse(pattern: str) -> tuple[tuple[str | None, int, str], ...]:
    """(field letter, its width, '') and (None, 0, text) in order."""
    if len(pattern) == 1:
        if pattern not in _STANDARD:
            raise ValueError(pattern)
        return _parse(_STANDARD[pattern])
    parts, at = [], 0
    while at < len(pattern):
        found = _TOKEN.match(pattern, at)
        if found is None:
            raise ValueError(pattern)
        at = found.end()
        if found["field"] or (found["single"] or " ") in "dMyhHmsfFtzgK":
            field = found["field"] or found["single"]
            if field[0] in "fF" and len(field) > 7:
                raise ValueError(pattern)
            parts.append((field[0], len(field), ""))
        elif found["quoted"]:
            parts.append((None, 0, re.sub(r"\\(.)", r"\1", found["quoted"][1:-1], flags=re.DOTALL)))
        else:
            parts.append((None, 0, found["escaped"] or found["single"] or found["text"]))
    return tuple(parts)


def _fraction(moment: Moment, width: int) -> str:
    return f"{moment.fraction:07d}"[:width]


def _day(moment: Moment, width: int) -> str:
    clock = moment.clock
    if width < 3:
        return f"{clock.day:0{width}d}"
    return (calendar.day_abbr if width == 3 else calendar.day_name)[clock.weekday()]


def _month(moment: Moment, width: int) -> str:
    month = moment.clock.month
    if width < 3:
        return f"{month:0{width}d}"
    return (calendar.month_abbr if width == 3 else calendar.month_name)[month]


def _year(moment: Moment, width: int) -> str:
    year = moment.clock.year
    return f"{year % 100:0{width}d}" if width < 3 else f"{year:0{width}d}"


def _zone(moment: Moment, width: int) -> str:
    return "+0" if width == 1 else "+00" if width == 2 else "+00:00"


_FIELDS = {
    "d": _day,
    "M": _month,
    "y": _year,
    "h": lambda moment, width: f"{(moment.clock.hour + 11) % 12 + 1:0{min(width, 2)}d}",
    "H": lambda moment, width: f"{moment.clock.hour:0{min(width, 2)}d}",
    "m": lambda moment, width: f"{moment.clock.minute:0{min(width, 2)}d}",
    "s": lambda moment, width: f"{moment.clock.second:0{min(width, 2)}d}",
    "f": _fraction,
    "t": lambda moment, width: ("AM" if moment.clock.hour < 12 else "PM")[: min(width, 2)],
    "z": _zone,
    "g": lambda moment, width: "AD",
    "K": lambda moment, width: LOCAL_KIND if moment.kind == LOCAL_KIND else moment.kind or NO_KIND,
}
