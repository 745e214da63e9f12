"""Business: the Power BI report itself, drawn from its own files over the same views.

What is wrong in the report's files, as a field that is not in the model, shows here before it reaches anyone.
"""

from functools import cache

from nicegui import run, ui

from local.console import parts, visuals
from local.console.answers import Answers
from local.report import Page, Report, Visual

TALLER = 1.55  # than Power BI's page: text is larger here
_STYLE = """
<style>
  .hw-report { position: relative; width: 100%; }
  .hw-visual { position: absolute; overflow: auto; padding: .4rem .7rem; display: flex; flex-direction: column; }
  .hw-visual { gap: .1rem; white-space: pre-line; } .hw-visual .text-xl { line-height: 1.35; }
  .hw-answer.hw-waiting { opacity: .4; }
  .hw-answer { flex: 1; display: flex; flex-direction: column; min-height: 0; width: 100%; }
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


def _frames(page: Page) -> dict[str, ui.element]:
    """The page with a place for each visual, by its id, where it stands in the report."""
    places: dict[str, ui.element] = {}
    tall = page.height * TALLER
    with ui.element("div").classes("hw-report").style(f"aspect-ratio: {page.width} / {tall}"):
        for visual in page.visuals:
            if visual.type == "textbox":
                ui.label(visual.text).classes("hw-visual hw-quiet").style(_place(page, visual))
                continue
            with ui.card().props("flat bordered").classes("hw-visual").style(_place(page, visual)):
                if visual.title and visual.type != "slicer":
                    ui.label(visual.title).classes("font-medium").props("role=heading aria-level=2")
                places[visual.id] = ui.element("div").classes("hw-answer")
    for place in places.values():
        with place:
            ui.spinner(size="1.5rem")
    return places


class _Shown:
    """The page in one browser window: its visuals, filled one after the other, and what its slicers let through."""

    def __init__(self, answers: Answers, page: Page, role: str | None):
        self._answers, self._page, self._role = answers, page, role
        self._chosen: dict = {}
        self._places = _frames(page)
        self._turn, self._drawn = 0, set()

    async def fill(self) -> None:
        """Ask each visual and draw it as soon as it is answered; a later call takes over from one under way."""
        self._turn += 1
        mine = self._turn
        # A slicer stays open while its values are chosen.
        asked = [
            (visual, self._places[visual.id]) for visual in self._page.visuals
            if visual.id in self._places and not (visual.type == "slicer" and visual.id in self._drawn)
        ]  # fmt: skip
        for _, place in asked:
            place.classes("hw-waiting")  # what stands there is of the choice before
        for visual, place in asked:
            try:
                answer = await run.io_bound(self._answers.ask, visual, dict(self._chosen), self._role)
            except Exception as error:  # one visual's error leaves the others
                answer = error
            if mine != self._turn or place.is_deleted:
                return
            place.clear()
            place.classes(remove="hw-waiting")
            self._drawn.add(visual.id)
            with place:
                self._draw(visual, answer)

    def _draw(self, visual: Visual, answer) -> None:
        if isinstance(answer, Exception):
            parts.failed(answer)
        elif visual.type == "slicer":
            _slicer(visual, answer, self._chosen, self.fill)
        else:
            visuals.draw(visual, answer)


def page(answers: Answers, name: str | None, role: str | None) -> None:
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
    ui.timer(0, _Shown(answers, shown, role).fill, once=True)
