"""Tables that several commands print."""

from rich.table import Table


def comparison(verdicts: list) -> Table:
    """How source and served rows compare, one line a table; `verdicts` come from `local.verify`."""
    titles = ("table", "source rows", "served rows", "quarantined", "missing", "extra", "s", "")
    shown = Table(*titles, box=None)
    for v in verdicts:
        mark = "[green]equal[/]" if v.equal else "[red]different[/]"
        counts = (v.source_rows, v.served_rows, v.excluded, v.missing, v.extra)
        shown.add_row(v.table, *(f"{n:,}" for n in counts), f"{v.seconds:.1f}", mark)
    return shown
