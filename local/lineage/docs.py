"""The data dictionary and the lineage as pages of docs/, written from the contracts and the code."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from contracts import Contract
from local.lineage.columns import DIRECT, Served, served_columns
from local.state import PROJECT

_NOTE = "Written by `make docs` from the contracts, the Spark expressions and the T-SQL views; a test keeps it fresh.\n"
_CONDITIONS = {"JOIN": "joined by", "GROUP_BY": "grouped by", "FILTER": "where"}


def pages(contracts: Iterable[Contract]) -> dict[str, str]:
    """Each page's text by its file's name."""
    known = tuple(contracts)
    columns = served_columns(known)
    return {"dictionary.md": dictionary(known, columns), "lineage.md": lineage(known, columns)}


def write(contracts: Iterable[Contract], folder: Path = PROJECT / "docs") -> list[Path]:
    """Write the pages into a folder, and return their paths."""
    written = []
    for name, text in pages(contracts).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def dictionary(contracts: Sequence[Contract], columns: Sequence[Served]) -> str:
    """Every source table and every view: what each column means, and what it is."""
    parts = ["# Data dictionary\n", _NOTE, "## Source tables\n"]
    parts += [_source(contract) for contract in contracts]
    parts.append("## Views\n\nEvery view also has `batch_id`, the run that wrote the row.\n")
    for view, group in groupby(columns, lambda c: c.view):
        own = [c for c in group if c.column != "batch_id"]
        rows = [(f"`{c.column}`", c.type, c.description or c.origin.how) for c in own]
        parts.append(
            f"### {view}\n\nFrom the contract `{own[0].contract}`.\n\n{_table(('column', 'type', 'meaning'), rows)}"
        )
    return "\n".join(parts)


def _source(contract: Contract) -> str:
    facts = [
        f"Owner: {contract.owner}",
        f"mode: {contract.mode}" + (", with its history" if contract.history == "scd2" else ""),
        f"key: {', '.join(contract.primary_key) or 'none'}",
        f"cursor: {contract.cursor.column}" if contract.cursor else "no cursor",
        f"deletes: {contract.deletes.kind}",
        f"fresh within {_duration(contract.freshness.total_seconds())}",
    ]
    rows = [
        (
            f"`{c.name}`",
            c.type,
            "yes" if c.nullable else "no",
            "restricted" if c.sensitive else "",
            c.description,
        )
        for c in contract.columns
    ]
    rules = [(f"`{r.name}`", f"`{r.condition}`", r.severity) for r in contract.rules]
    name = f"{contract.source.schema_name}.{contract.source.table}"
    text = f"### {name}\n\n{contract.description} {'; '.join(facts)}.\n\n"
    text += _table(("column", "type", "null", "sensitive", "meaning"), rows)
    return text + ("\n" + _table(("rule", "condition", "when broken"), rules) if rules else "")


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def lineage(contracts: Sequence[Contract], columns: Sequence[Served]) -> str:
    """Which source columns each served column is made of, and by what."""
    parts = ["# Lineage\n", _NOTE, _graph(contracts, columns)]
    for view, group in groupby(columns, lambda c: c.view):
        rows = [(f"`{c.column}`", values(c), conditions(c), how(c)) for c in group]
        parts.append(f"## {view}\n\n{_table(('column', 'made of', 'and by', 'how'), rows)}")
    return "\n".join(parts)


def _graph(contracts: Sequence[Contract], columns: Sequence[Served]) -> str:
    named = {c.table: f"{c.source.schema_name}.{c.source.table}" for c in contracts}
    arrows = sorted({(i.table, c.view) for c in columns for i in c.origin.inputs})
    lines = [f"    {t}[({named[t]})] --> {view.replace('.', '_')}[{view}]" for t, view in arrows]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])


def values(column: Served) -> str:
    return ", ".join(sorted({f"{i.table}.{i.column}" for i in column.origin.inputs if i.part in DIRECT}))


def conditions(column: Served) -> str:
    said = []
    for part, words in _CONDITIONS.items():
        names = sorted({f"{i.table}.{i.column}" for i in column.origin.inputs if i.part == part})
        if names:
            said.append(f"{words} {', '.join(names)}")
    return "; ".join(said)


def how(column: Served) -> str:
    origin = column.origin
    return origin.how + (f": `{origin.expression}`" if origin.expression else "")


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
