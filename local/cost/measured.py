"""What a local stack has measured of its own: bytes of a landed row."""

from local.stack import LocalStack

# Fewer rows than this say more about a file's footer than about its rows.
LEAST_ROWS = 10_000


def bytes_per_row(stack: LocalStack) -> dict[str, float]:
    """Bytes of a row in landing by table, of those tables that have landed enough of them."""
    import psycopg

    query = """select table_name, path, rows from control.window_list
               where path is not null and rows > 0 order by window_id"""
    landing = stack.container("landing")
    rows: dict[str, int] = {}
    size: dict[str, int] = {}
    with psycopg.connect(stack.control) as connection:
        for table, path, count in connection.execute(query):
            files = list((landing / path).glob("*.parquet"))
            if files:
                rows[table] = rows.get(table, 0) + count
                size[table] = size.get(table, 0) + sum(file.stat().st_size for file in files)
    return {table: size[table] / n for table, n in rows.items() if n >= LEAST_ROWS}
