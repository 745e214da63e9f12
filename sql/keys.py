"""The query that reads the keys of a range of a source table, to find out which rows are gone."""

from contracts import Contract
from sql import template
from sql.extract import cursor_sql, selected, table_name
from sql.template import identifier


def columns(contract: Contract) -> tuple[str, ...]:
    """What lands of a key: the primary key's columns and the cursor."""
    return tuple(dict.fromkeys((*contract.primary_key, contract.cursor.column)))


def keys(contract: Contract) -> str:
    """The query of a contract's keys, with PostgreSQL `format()` arguments 1 low, 2 high and 3 tail.

    One statement, so one consistent view. It reads the rows of [low, high) and all from `tail` on, where a row of
    the range is found that was changed since; a cursor that was changed to null or to minus infinity lies in no
    range and is read too.
    """
    sql = cursor_sql(contract)
    cursor = contract.column(contract.cursor.column)
    text = (
        "select {columns} from {table} t where (t.{cursor} >= {from_low} and t.{cursor} < {from_high})"
        " or t.{cursor} >= {from_tail}"
    )
    if contract.cursor.kind == "timestamp":
        text += " or t.{cursor} < '0001-01-01'"
    if cursor.nullable:
        text += " or t.{cursor} is null"
    return template.fill(
        text,
        {
            "from_low": sql.low,
            "from_high": sql.low.replace("{low}", "{high}"),
            "from_tail": sql.low.replace("{low}", "{tail}"),
        },
        columns=selected(contract, columns(contract)),
        table=table_name(contract),
        cursor=identifier(cursor.name),
    )
