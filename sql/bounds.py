"""The queries that find out how far a source may be read: plain SQL that any PostgreSQL 13 or later runs.

The rule and its proof are in the templates, `sql/source/bounds_*.sql`. Each query answers one row:

high            the high bound of the next window, null when there is none
rows            how many rows there are to read
cuts            a JSON array of cursor texts to cut a large range at; rows of equal cursor are never split
candidate       a bound for a later run, with candidate_at, the source's time at which it was taken
held_by         who holds the bound back, with held_seconds; null when nobody does
as_of           the source's time up to which its committed data lies below the bound
outside         a JSON text: how many rows have a cursor that lies in no window, by name (`sql.outside`); null
                for a snapshot
late            a JSON text: what a lookback in integer values would read below the low bound; else null
columns         a JSON text: what the source's columns are otherwise than the contract says (`sql.columns`); else null

A `localtime` cursor is taken as wall time of UTC.
"""

from contracts import Contract
from sql import columns, outside, template
from sql.extract import cursor_sql, table_name
from sql.template import identifier


def bounds(contract: Contract) -> str:
    """The bounds query of a contract.

    PostgreSQL's `format()` fills it with 1 low, 2 margin in seconds and 3 candidates: a JSON
    array of {value, at}, which earlier runs were answered and did not use.
    """
    table = table_name(contract)
    if contract.cursor is None:
        return template.fill(
            template.load("bounds_snapshot"),
            {"source_columns": template.load("columns")},
            **columns.words(contract),
            table=table,
            columns=", ".join(f"t.{identifier(c)}" for c in contract.column_names),
            order=", ".join(f"t.{identifier(c)}" for c in contract.primary_key) or "md5(t::text)",
        )
    expressions = {
        "source_columns": template.load("columns"),
        "in_flight": template.load("in_flight"),
        "prepared": template.load("prepared"),
        # With a lookback the contract says itself how late a row may come.
        "may_look": "0" if contract.cursor.lookback else template.load("may_look"),
    }
    outside_query, words = outside.probe(contract)
    expressions |= {"outside": outside_query, **{k: v for k, v in words.items() if k != "columns"}}
    # A timestamp's bound moves with the clock, so that it looks back in every run.
    late = contract.cursor.kind == "integer" and contract.cursor.lookback
    expressions["late"] = template.load("late_integer") if late else "null::text"
    sql = cursor_sql(contract)
    expressions |= {
        "from_low": sql.low,
        "from_read_low": sql.read_low,
        "from_high": sql.high,
        "wall": sql.wall,
    }
    return template.fill(
        template.load(f"bounds_{contract.cursor.kind}"),
        expressions,
        **columns.words(contract),
        table=table,
        cursor=identifier(contract.cursor.column),
        columns=words["columns"],
        chunk_rows=str(int(contract.chunk_rows)),
        unit=str(10 ** (6 - contract.cursor_type.precision)) if contract.cursor.kind == "timestamp" else "",
    )


def known_range(contract: Contract) -> str:
    """The query for a range whose bounds are known, with `format()` arguments 1 low, 2 high and 3 the rows of
    a chunk, null for the contract's own.

    A snapshot has no ranges: its bounds query serves.
    """
    if contract.cursor is None:
        return bounds(contract)
    sql = cursor_sql(contract)
    high = sql.low.replace("{low}", "{high}")
    return template.fill(
        template.load("range"),
        {
            "from_low": sql.low,
            "from_high_argument": high,
            "value_text": sql.value_text,
            "source_columns": template.load("columns"),
        },
        **columns.words(contract),
        table=table_name(contract),
        cursor=identifier(contract.cursor.column),
        chunk_rows=str(int(contract.chunk_rows)),
    )
