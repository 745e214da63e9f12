"""Resources: what the stack declares, and what an update would change."""

from collections import Counter
from urllib.parse import urlencode

from nicegui import run, ui

from local import engine
from local.azure.registry import Record
from local.azure.steps import Summary
from local.console import parts
from local.console.ask import Ask
from local.errors import HighwaterError

MOST = 500


def _detail(record: Record) -> None:
    with ui.dialog() as dialog, ui.card().classes("w-full max-w-4xl"):
        ui.label(record.name).classes("text-lg font-medium").props("role=heading aria-level=2")
        ui.label(record.id).classes("hw-quiet break-all")
        parts.document("Inputs", record.inputs)
        parts.document("Outputs", record.outputs)
        ui.button("Close", on_click=dialog.close).props("flat")
    dialog.open()


async def _preview(ask: Ask, into: ui.column) -> None:
    into.clear()
    with into:
        ui.spinner(size="2rem")
        ui.label("The engine compares the program with the stack: some ten seconds.")
    try:
        summary = await run.io_bound(engine.preview, ask.stack.state)
    except HighwaterError as error:
        into.clear()
        with into:
            parts.failed(error)
        return
    into.clear()
    with into:
        _changes(summary)


def _changes(summary: Summary) -> None:
    if not summary.changes:
        ui.label(f"An update would change nothing: all {summary.unchanged:,} resources are as declared.")
        return
    ui.label(
        f"An update would create {summary.created:,}, update {summary.updated:,}, replace {summary.replaced:,} and"
        f" delete {summary.deleted:,} resources; {summary.unchanged:,} stay as they are."
    )
    rows = [
        [*(parts.cell(text) for text in (step.op, step.type, step.name)),
         parts.cell(", ".join(f"{path} ({kind})" for path, kind in step.changes.items()))]
        for step in summary.steps if step.op != "same"
    ]  # fmt: skip
    parts.grid(("Operation", "Type", "Name", "Changed"), rows, caption="What an update would change")


def address(**query: str | None) -> str:
    given = {name: value for name, value in query.items() if value}
    return "/resources" + (f"?{urlencode(given)}" if given else "")


def found(record: Record, find: str) -> bool:
    """Whether the words are in the resource's name or type, in whatever case."""
    return find.lower() in f"{record.name} {record.type}".lower()


def page(ask: Ask, kind: str | None, find: str, show: str | None) -> None:
    """The page: resources by type, those of one type when it is named, those with `find` in their name or type; `show`
    is the URN of one to open."""
    parts.heading("Resources", "What the program declares for this stack.")
    records = ask.stack.registry.all()
    if not records:
        parts.empty("The stack is empty", "Run `highwater up`.")
        return
    with ui.row().classes("items-center"):
        ui.button("Preview an update", icon="difference", on_click=lambda: _preview(ask, changes)).props(
            "outline"
        )
        field = (
            ui.input("Find by name or type", value=find).props("outlined dense clearable").classes("hw-find")
        )
        field.on("keydown.enter", lambda: ui.navigate.to(address(kind=kind, find=field.value)))
    changes = ui.column().classes("w-full")
    count = Counter(record.type for record in records)
    types = " ".join(
        parts.link(f"{name.rpartition(':')[2]} {n}", address(kind=name)) for name, n in sorted(count.items())
    )
    ui.html(types, sanitize=False).classes("hw-links text-sm w-full")
    shown = [r for r in records if (not kind or r.type == kind) and found(r, find)]
    ui.label(f"{len(shown):,} of {len(records):,} resources").classes("hw-quiet")
    if shown:
        parts.grid(
            ("Name", "Type"),
            [
                [parts.link(r.name, address(kind=kind, find=find, show=r.urn)), parts.cell(r.type)]
                for r in shown[:MOST]
            ],
            caption="Declared resources",
        )
    else:
        parts.empty("No resource has that in its name or type", "Clear what you look for to see all of them.")
    for record in records:
        if record.urn == show:
            _detail(record)
