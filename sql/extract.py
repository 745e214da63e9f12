"""The query that reads one window of a source table."""

from contracts import Contract
from sql import template
from sql.bounds import cursor_sql, table_name
from sql.template import identifier


def extract(contract: Contract) -> str:
    """The extract query of a contract, with PostgreSQL `format()` arguments 1 low and 2 high.

    Every column is named and cast, so that neither a new column at the source nor the copy's own mapping
    of types changes what lands. A window is [low - lookback, high); a snapshot is read whole.
    """
    columns = ", ".join(
        f"{c.parsed.extract('t.' + identifier(c.name))} as {identifier(c.name)}" for c in contract.columns
    )
    text = "select {columns} from {table} t"
    expressions = {}
    if contract.cursor is not None:
        sql = cursor_sql(contract)
        expressions = {"from_read_low": sql.read_low, "from_high": sql.low.replace("{low}", "{high}")}
        text += " where t.{cursor} >= {from_read_low} and t.{cursor} < {from_high}"
    return template.fill(
        text,
        expressions,
        columns=columns,
        table=table_name(contract),
        cursor=identifier(contract.cursor.column) if contract.cursor else "",
    )
