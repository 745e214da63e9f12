"""Two runs side by side: which activity took longer, and moved how much more."""

from nicegui import ui

from local.console import parts, words
from local.console.activities import compared
from local.console.ask import Ask

HEAD = ("Activity", "Seconds A", "Seconds B", "Difference", "Rows A", "Rows B")


def _seconds(value: float | None) -> str:
    return "not run" if value is None else f"{value:,.1f}"


def page(ask: Ask, a: str, b: str) -> None:
    """The page for the runs whose ids begin with `a` and `b`."""
    parts.heading("Compare two runs", "Activities by where they stand, those whose time changed most first.")
    with ui.row().classes("items-center"):
        first = ui.input("Run A", value=a).props("outlined dense")
        second = ui.input("Run B", value=b).props("outlined dense")
        ui.button("Compare", on_click=lambda: ui.navigate.to(f"/compare?a={first.value}&b={second.value}"))
    if not a or not b:
        parts.empty("Two runs are needed", "Give the beginning of each one's id; the page Runs lists them.")
        return
    one, other = ask.run(a), ask.run(b)
    with ui.row():
        for letter, node in (("A", one), ("B", other)):
            with ui.card().props("flat bordered"):
                ui.link(f"{letter}: {node.run.pipeline} {node.run.run_id[:8]}", f"/runs/{node.run.run_id}")
                parts.status(node.run.status)
                parts.moment(node.run.start)
                ui.label(words.duration(node.run.seconds))
    rows = [
        [
            parts.cell(c.path), *(_seconds(s) for s in c.seconds), f"{c.difference:+,.1f}",
            *(words.count(n) for n in c.rows),
        ]
        for c in compared(one, other)
    ]  # fmt: skip
    parts.grid(HEAD, rows, caption="Activities of both runs", numbers=range(1, 6))
