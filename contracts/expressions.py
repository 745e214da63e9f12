"""Spark SQL in a contract, held against the columns that it may use."""

from collections.abc import Iterator, Set

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from contracts.errors import Breach


def expression(key: str, text: str, known: Set[str]) -> Iterator[Breach]:
    """The breaches of the expression that stands at `key`: it must parse, and use columns of `known` alone."""
    try:
        used = {c.name for c in sqlglot.parse_one(text, dialect="spark").find_all(exp.Column)}
    except SqlglotError as error:
        yield Breach(key, "must be a Spark SQL expression", text, str(error).splitlines()[0])
        return
    for name in sorted(used - known):
        yield Breach(key, "may only use columns of the contract", name, f"In: {text}")
