"""The query that holds a source table's columns against the contract: part of every bounds query, and alone."""

from contracts import Contract
from sql import template
from sql.extract import table_name
from sql.template import literal

# What PostgreSQL calls the types that it writes otherwise than a contract does.
_NAMES = {"timestamptz": "timestamp({}) with time zone", "timestamp": "timestamp({}) without time zone",
          "varchar": "character varying({})"}  # fmt: skip


def spelled(text: str) -> str:
    """A type in PostgreSQL's own words, as `format_type` gives it, a time with its precision."""
    if text in ("timestamp with time zone", "timestamp without time zone"):
        return text.replace("timestamp", "timestamp(6)")
    name, _, rest = text.partition("(")
    if name in _NAMES and " " not in text:
        return _NAMES[name].format(rest.rstrip(")") or "6")
    return text


def words(contract: Contract) -> dict[str, str]:
    """What the template `columns` asks for."""
    wanted = ", ".join(
        f"({literal(c.name)}, {literal(spelled(c.parsed.postgres))})" for c in contract.columns
    )
    return {"wanted": wanted, "table_text": literal(table_name(contract))}


def columns(contract: Contract) -> str:
    """The query alone, to be put to the source as it is; one row with the one column `columns`."""
    # Filling doubles percent signs for PostgreSQL's format(), through which this text does not go.
    return template.fill(template.load("columns"), {}, **words(contract)).replace("%%", "%")
