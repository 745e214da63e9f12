"""The pages by their addresses. Moving from one to another loads nothing anew."""

from collections.abc import Callable
from contextlib import suppress

from nicegui import PageArguments, ui

from local.console import parts
from local.console.act import Act
from local.console.answers import LOOK_SECONDS, Answers
from local.console.ask import Ask
from local.console.frame import frame
from local.console.pages import business, compare, ledger, lineage, now, panels, quality, resources, run, runs


def _number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isdecimal() else 1


def routes(ask: Ask, act: Act, answers: Answers) -> dict[str, Callable]:
    """The builder of each page by its address."""

    def asked(build: Callable[[PageArguments], None]) -> Callable[[PageArguments], None]:
        """A page whose errors stand on it, as what failed, why and what to do."""

        def safe(arguments: PageArguments) -> None:
            with ui.element("div").classes("hw-page column gap-3"):
                parts.telling(build)(arguments)

        return safe

    def q(arguments: PageArguments, name: str) -> str | None:
        return arguments.query_parameters.get(name) or None

    return {
        "/": asked(lambda a: now.page(ask, act)),
        "/runs": asked(lambda a: runs.page(ask, _number(q(a, "page")), q(a, "pipeline"), q(a, "status"))),
        "/runs/{run}": asked(lambda a: run.page(ask, act, a.path_parameters["run"])),
        "/compare": asked(lambda a: compare.page(ask, q(a, "a") or "", q(a, "b") or "")),
        "/quality": asked(
            lambda a: quality.page(
                ask, act, q(a, "table"), q(a, "rule"), q(a, "hours") or "", _number(q(a, "page"))
            )
        ),
        "/business": asked(lambda a: business.page(answers, q(a, "page"), q(a, "role"))),
        "/ledger": asked(lambda a: ledger.page(ask, q(a, "table"), q(a, "window"))),
        "/lineage": asked(lambda a: lineage.page(q(a, "view"), q(a, "column"))),
        "/panels": asked(lambda a: panels.page(ask, q(a, "hours") or "")),
        "/resources": asked(lambda a: resources.page(ask, q(a, "kind"), q(a, "find") or "", q(a, "show"))),
    }


def root(ask: Ask, act: Act, answers: Answers) -> Callable[[], None]:
    """What builds the console for one browser window."""

    def build() -> None:
        frame(f"stack local in {ask.stack.state.root.name}")
        ui.sub_pages(routes(ask, act, answers)).classes("w-full")
        ui.timer(LOOK_SECONDS, answers.follow)

    return build


def warm(ask: Ask, answers: Answers) -> None:
    """Do what takes long the first time, before somebody waits for it. What fails here is told by its page."""

    def opened() -> None:
        with ask.lake.session():
            pass

    for step in (lineage.known, lineage.sources, opened, answers.warm):
        with suppress(Exception):
            step()
