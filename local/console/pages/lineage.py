"""Lineage: from a source's column through the views to the report's visuals, and back."""

from collections import defaultdict
from functools import cache
from urllib.parse import urlencode

from nicegui import ui

from contracts import load_all
from local.console import flow, parts
from local.console.pages.business import report
from local.lineage import Served, served_columns
from local.lineage.docs import conditions, how, values
from local.lineage.visuals import Use, uses

HEAD = ("Column", "Type", "Made of", "And by", "How", "Shown in")
PARTS = {
    "IDENTITY": "as it is", "TRANSFORMATION": "in an expression", "AGGREGATION": "in an aggregate",
    "JOIN": "joins by it", "GROUP_BY": "groups by it", "FILTER": "keeps rows by it",
}  # fmt: skip


@cache
def known() -> tuple[list[Served], dict[tuple[str, str], list[Use]]]:
    """The served columns, and the visuals by view and column; read once: they change with the program."""
    by_column = defaultdict(list)
    for use in uses(report()):
        by_column[use.view, use.column].append(use)
    return served_columns(load_all()), dict(by_column)


@cache
def sources() -> dict[str, str]:
    """Each contract's table, and what it is called at the source."""
    return {c.table: f"{c.source.schema_name}.{c.source.table}" for c in load_all()}


def address(**query: str | None) -> str:
    given = {name: value for name, value in query.items() if value}
    return "/lineage" + (f"?{urlencode(given)}" if given else "")


def _shown_in(found: list[Use]) -> str:
    each = dict.fromkeys((u.page, u.visual) for u in found)
    return "<br>".join(
        parts.link(f"{page}: {visual}", "/business?" + urlencode({"page": page})) for page, visual in each
    )


def _links(names: str) -> str:
    """`trip.a, trip.b` as links to what becomes of each."""
    return ", ".join(parts.link(n, address(column=n)) for n in names.split(", ") if n)


def whole(columns: list[Served], shown: dict) -> tuple[list[flow.Arrow], list[list[str]]]:
    """Source tables, views and the report's pages, and what flows between them."""
    tables = sources()
    inward = [(tables[i.table], c.view) for c in columns for i in sorted(c.origin.inputs)]
    pages = [(view, f"page {use.page}") for (view, _), found in shown.items() for use in found]
    views = dict.fromkeys(c.view for c in columns if c.origin.inputs)
    # A view that nothing of a source flows into, as a calendar, is drawn where the report shows it.
    views |= dict.fromkeys(view for view, _ in pages)
    layers = [list(tables.values()), list(views), list(dict.fromkeys(p for _, p in pages))]
    return [*inward, *pages], layers


def along(column: str, columns: list[Served], shown: dict) -> tuple[list[flow.Arrow], list[list[str]]]:
    """One source column, the served ones that it takes part in, and the visuals that show those."""
    served = [c for c in columns if column in {f"{i.table}.{i.column}" for i in c.origin.inputs}]
    middle = [(column, f"{c.view}.{c.column}") for c in served]
    ends = [
        (f"{c.view}.{c.column}", f"{u.page}: {u.visual}") for c in served for u in shown.get((c.view, c.column), [])
    ]  # fmt: skip
    return [*middle, *ends], [[column], [b for _, b in middle], list(dict.fromkeys(b for _, b in ends))]


def _every_view(columns: list[Served], shown: dict) -> None:
    rows = []
    for view in dict.fromkeys(c.view for c in columns):
        own = [c for c in columns if c.view == view]
        tables = sorted({i.table for c in own for i in c.origin.inputs})
        pages = dict.fromkeys(u.page for c in own for u in shown.get((view, c.column), []))
        links = ", ".join(parts.link(p, "/business?" + urlencode({"page": p})) for p in pages)
        rows.append(
            [parts.link(view, address(view=view)), str(len(own)), parts.cell(", ".join(tables)), links]
        )
    parts.grid(("View", "Columns", "Made of", "Shown on"), rows, caption="Views", numbers=(1,))


def _one_view(view: str, columns: list[Served], shown: dict) -> None:
    parts.grid(
        HEAD,
        [
            [
                parts.cell(c.column), parts.cell(c.type), _links(values(c)), parts.cell(conditions(c)),
                parts.cell(how(c).replace("`", "")), _shown_in(shown.get((view, c.column), [])),
            ]
            for c in columns if c.view == view
        ],
        caption=f"Columns of {view}",
    )  # fmt: skip


def _one_column(column: str, columns: list[Served], shown: dict) -> None:
    rows = [
        [
            parts.link(c.view, address(view=c.view)), parts.cell(c.column), PARTS[i.part],
            parts.cell(how(c).replace("`", "")), _shown_in(shown.get((c.view, c.column), [])),
        ]
        for c in columns for i in sorted(c.origin.inputs) if f"{i.table}.{i.column}" == column
    ]  # fmt: skip
    parts.grid(("View", "Column", "Part", "How", "Shown in"), rows, caption=f"What becomes of {column}")


def page(view: str | None, column: str | None) -> None:
    """The page: everything, one view, or what becomes of one column of a source (`trip.total_amount`)."""
    parts.heading("Lineage", "From each source's columns through the views to the report's visuals.")
    columns, shown = known()
    views = list(dict.fromkeys(c.view for c in columns))
    found = sorted({f"{i.table}.{i.column}" for c in columns for i in c.origin.inputs})
    with ui.row().classes("items-center"):
        for label, value, choices, key in (
            ("View", view, views, "view"),
            ("Source column", column, found, "column"),
        ):
            ui.select(
                {"": "all", **{c: c for c in choices}}, value=value if value in choices else "", label=label,
                with_input=True, on_change=lambda e, key=key: ui.navigate.to(address(**{key: e.value})),
            ).props("outlined dense").classes("min-w-[220px]")  # fmt: skip
    if column in found:
        flow.chart(*along(column, columns, shown), label=f"What becomes of {column}")
        _one_column(column, columns, shown)
    elif view in views:
        _one_view(view, columns, shown)
    elif column or view:
        parts.empty(f"Nothing is called {column or view}", "Choose a view or a source column above.")
    else:
        flow.chart(*whole(columns, shown), label="Source tables, views and pages of the report")
        _every_view(columns, shown)
