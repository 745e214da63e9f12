"""Business: the Power BI report itself, drawn from its own files over the same views.

What is wrong in the report's files, as a field that is not in the model, shows here before it reaches anyone.
"""

from functools import cache

from nicegui import run, ui

from local.console import parts, visuals
from local.console.ask import Ask
from local.report import Page, Report, Visual, reading

_STYLE = """
<style>
  .hw-report { position: relative; width: 100%; }
  .hw-visual { position: absolute; overflow: auto; padding: .5rem .7rem; display: flex; flex-direction: column; }
  @media (max-width: 900px) {
    .hw-report { aspect-ratio: auto !important; display: flex; flex-direction: column; gap: .8rem; }
    .hw-visual { position: static; width: 100% !important; height: auto !important; min-height: 90px; }
  }
</style>
"""


@cache
def report() -> Report:
    """The report, read once: its files change with the program."""
    return Report()


def _answers(ask: Ask, page: Page, selections: dict, role: str | None) -> dict[str, object]:
    """What each visual of a page is answered with, by its id; an error where it can't be."""
    found: dict[str, object] = {}
    with reading(report(), ask.stack.serving) as session:
        for visual in page.visuals:
            if visual.type == "textbox":
                continue
            try:
                found[visual.id] = session.ask(visual, selections, role)
            except Exception as error:  # one visual's error leaves the others
                found[visual.id] = error
    return found


def _slicer(visual: Visual, answer, chosen: dict, again) -> None:
    field = visual.projections[0].field["Column"]
    key = (field["Expression"]["SourceRef"]["Entity"], field["Property"])
    values = [str(v) for v in visuals.choices(answer)]

    async def changed(event) -> None:
        chosen.pop(key, None)
        if event.value:
            chosen[key] = list(event.value)
        await again()

    ui.select(
        values, value=chosen.get(key, []), multiple=True, label=visual.title or key[1], on_change=changed
    ).props("outlined dense use-chips").classes("w-full")


def _place(page: Page, visual: Visual) -> str:
    p = visual.position
    return (
        f"left:{100 * p.x / page.width:.3f}%;top:{100 * p.y / page.height:.3f}%;"
        f"width:{100 * p.width / page.width:.3f}%;height:{100 * p.height / page.height:.3f}%"
    )


def _draw(page: Page, answers: dict[str, object], chosen: dict, again) -> None:
    tall = max(page.height, 620)
    with ui.element("div").classes("hw-report").style(f"aspect-ratio: {page.width} / {tall}"):
        for visual in page.visuals:
            if visual.type == "textbox":
                continue
            answer = answers[visual.id]
            with ui.card().props("flat bordered").classes("hw-visual").style(_place(page, visual)):
                if visual.type == "slicer" and not isinstance(answer, Exception):
                    _slicer(visual, answer, chosen, again)
                    continue
                if visual.title:
                    ui.label(visual.title).classes("font-medium").props("role=heading aria-level=2")
                if isinstance(answer, Exception):
                    parts.failed(answer)
                else:
                    visuals.draw(visual, answer)


def page(ask: Ask, name: str | None, role: str | None) -> None:
    """The report's page of that name, its first when none is named; as a reader in `role` sees it."""
    ui.add_head_html(_STYLE)
    found = report()
    shown = next((p for p in found.pages if p.name == name), found.pages[0])
    role = role if role in found.roles else None
    parts.heading("Business", "The Power BI report, from its own files, over the served views.")
    with ui.row().classes("items-center"):
        ui.toggle(
            [p.name for p in found.pages], value=shown.name,
            on_change=lambda e: ui.navigate.to(f"/business?page={e.value}&role={role or ''}"),
        ).props("no-caps")  # fmt: skip
        ui.select(
            {"": "everything", **{r: r for r in found.roles}}, value=role or "", label="Seen by",
            on_change=lambda e: ui.navigate.to(f"/business?page={shown.name}&role={e.value}"),
        ).props("outlined dense").classes("min-w-[150px]")  # fmt: skip
    place, chosen = ui.element("div").classes("w-full"), {}
    with place:
        ui.spinner(size="2rem")

    async def again() -> None:
        try:
            answers = await run.io_bound(_answers, ask, shown, dict(chosen), role)
        except Exception as error:
            place.clear()
            with place:
                parts.failed(error)
            return
        place.clear()
        with place:
            _draw(shown, answers, chosen, again)

    ui.timer(0, again, once=True)
