"""The functions of the expression language: those that Data Factory documents, and no others."""

from local.adf.expressions.functions import (  # noqa: F401  (importing declares)
    collections,
    conversion,
    dates,
    logical,
    numbers,
    strings,
    uris,
    xml,
    zones,
)
from local.adf.expressions.functions.base import FUNCTIONS, LAZY, Function


def lookup(name: str) -> Function | None:
    """The function of this name without regard to case, or None."""
    return FUNCTIONS.get(name.lower()) or LAZY.get(name.lower())


__all__ = ["FUNCTIONS", "LAZY", "Function", "lookup"]
