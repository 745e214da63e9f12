"""Business: the Power BI report itself, drawn from its own files over the same views.

What is wrong in the report's files, as a field that is not in the model, shows here before it reaches anyone.
"""

from functools import cache

from nicegui import run, ui

from local.console import parts, visuals
from local.console.answers import LOOK_SECONDS, Answers, State, Told
from local.errors import HighwaterError
from local.report import Page, Report, Visual

TALLER = 1.55  # than Power BI's page: text is larger here
ROUNDS = 3  # how often what is older than the rest is asked again
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
            card = ui.card().props("flat bordered").classes("hw-visual").style(_place(page, visual))
            # What is larger than its place is scrolled, by keys too.
            card.props["tabindex"], card.props["role"] = 0, "group"
            card.props["aria-label"] = visual.title or visual.alt_text
            with card:
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
        self._answers, self._role = answers, role
        self._chosen: dict = {}
        self._of = ui.row().classes("hw-quiet items-center gap-1").props("role=status")
        self._places = _frames(page)
        self._visuals = [visual for visual in page.visuals if visual.id in self._places]
        self._states: dict[str, State] = {}  # what each visual's numbers are of
        self._turn, self._drawn, self._mark = 0, set(), None

    async def look(self) -> None:
        """Ask all anew if a batch was published since."""
        if self._answers.mark() != self._mark:
            await self.fill()

    async def fill(self) -> None:
        """Ask each visual and draw it as soon as it is answered; a later call takes over from one under way.

        When a table had a commit meanwhile, those that were answered before are asked again: the numbers of a page
        belong together. While tables do not stand still for so long, those that are older say so.
        """
        self._turn += 1
        mine, self._mark = self._turn, self._answers.mark()
        # A slicer stays open while its values are chosen.
        asked = [v for v in self._visuals if not (v.type == "slicer" and v.id in self._drawn)]
        for _ in range(ROUNDS):
            if not await self._ask(asked, mine):
                return
            latest = await self._tell()
            if latest is None or mine != self._turn:
                return
            asked = [v for v in self._visuals if self._states.get(v.id, latest) != latest]
            if not asked:
                return
        for visual in asked:
            with self._places[visual.id]:
                _older()

    async def _ask(self, asked: list[Visual], mine: int) -> bool:
        """Whether these were asked to the last, and no later call took over."""
        for visual in asked:
            # What stands there is of the choice or the batch before.
            self._places[visual.id].classes("hw-waiting")
        for visual in asked:
            place = self._places[visual.id]
            try:
                answer = await run.io_bound(self._answers.ask, visual, dict(self._chosen), self._role)
            except Exception as error:  # one visual's error leaves the others
                answer = error
            if answer is None or mine != self._turn or place.is_deleted:  # None: the console ends
                return False
            place.clear()
            place.classes(remove="hw-waiting")
            self._drawn.add(visual.id)
            with place:
                self._draw(visual, answer)
        return True

    async def _tell(self) -> State | None:
        """Say which batch the page is of; its state, None when that can't be told."""
        try:
            told = await run.io_bound(self._answers.published)
        except HighwaterError:  # each visual tells
            return None
        if told is None or self._of.is_deleted:  # None: the console ends
            return None
        self._of.clear()
        with self._of:
            ui.label(f"As of batch {told.found.batch:,}, published")
            parts.moment(told.found.at.isoformat(sep=" "))
            if told.found.ahead:
                ahead = ", ".join(f"{table} ({batch:,})" for table, batch in told.found.ahead)
                ui.label(f"Ahead of it, of a run that is not whole: {ahead}")
        return told.state

    def _draw(self, visual: Visual, answer: Told | Exception) -> None:
        self._states.pop(visual.id, None)
        if isinstance(answer, Exception):
            parts.failed(answer)
        elif visual.type == "slicer":
            _slicer(visual, answer.found, self._chosen, self.fill)
        else:
            self._states[visual.id] = answer.state
            visuals.draw(visual, answer.found)


def _older() -> None:
    with ui.row().classes("items-center gap-1 hw-quiet text-sm no-wrap"):
        ui.icon("history").props('aria-hidden="true"')
        ui.label("Older than the rest: a run is writing.")


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
    if answers.mark() is None:
        parts.empty("Nothing is published yet", "Run `highwater run ingest`, or start one on the page Now.")
        return
    filled = _Shown(answers, shown, role)
    ui.timer(0, filled.fill, once=True)
    ui.timer(LOOK_SECONDS, filled.look, immediate=False)
