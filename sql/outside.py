"""Rows whose cursor lies in no window: null, infinite, more than a day ahead, or before the first low.

The bounds query counts them by index in every run; when they are not what they were, they land in a window of kind
`quarantine`, a picture of them all. Null cursors go by the contract's policy: refuse (the table stops), skip (counted,
not landed), include (landed and merged), none (landed, and kept in quarantine like the others).
"""

from contracts import Contract
from sql import template
from sql.extract import rows
from sql.template import identifier

DAY = "interval '1 day'"


def _words(contract: Contract) -> dict[str, str]:
    """The least cursor that a window holds, the first one that is too far ahead, and which rows land."""
    lands = "o.v is not null" if contract.cursor.nulls in ("refuse", "skip") else "true"
    now, first = f"statement_timestamp() + {DAY}", "timestamptz '0001-01-01 00:00:00+00'"
    if contract.cursor_type.name == "localtime":
        now, first = f"(statement_timestamp() at time zone 'UTC' + {DAY})", "timestamp '0001-01-01'"
    return {"far": now, "first": first, "lands": lands}


def probe(contract: Contract) -> tuple[str, dict[str, str]]:
    """The query as a template, and its words beyond `table` and `cursor`."""
    columns = ", ".join(f"t.{identifier(c)}" for c in contract.column_names)
    return template.load(f"outside_{contract.cursor.kind}"), _words(contract) | {"columns": columns}


def extract_outside(contract: Contract) -> str | None:
    """The query that reads the rows that land, for `format()` without arguments. None for a snapshot."""
    if contract.cursor is None:
        return None
    cursor = f"t.{identifier(contract.cursor.column)}"
    words = _words(contract)
    if contract.cursor.kind == "integer":
        where = f"{cursor} = 9223372036854775807"
    else:
        where = f"{cursor} < {words['first']} or {cursor} >= {words['far']}"
    if contract.cursor.nulls not in ("refuse", "skip"):
        where += f" or {cursor} is null"
    text = f"{rows(contract, finite=True)} where {where}"
    return template.fill("{all}", {}, all=text)
