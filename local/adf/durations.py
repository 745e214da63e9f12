"""Time spans as definitions write them: [d.]hh:mm:ss."""

import re

_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?")


def seconds_of(text: object, default: float) -> float:
    """Seconds of a time span; the default when there is none or it is not one (validation has said so)."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return default
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def is_span(text: object) -> bool:
    """Whether a literal is a time span."""
    return isinstance(text, str) and _SPAN.fullmatch(text) is not None
