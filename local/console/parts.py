"""Small parts that pages are made of."""

import functools
import html
import inspect
import json
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from nicegui import run, ui

from local.console import words

Found = TypeVar("Found")


def heading(text: str, about: str = "") -> None:
    """A page's title, and what it tells in a sentence."""
    ui.page_title(f"{text} · Highwater")
    ui.label(text).classes("text-2xl font-medium").props("role=heading aria-level=1")
    if about:
        ui.label(about).classes("hw-quiet")


def section(text: str) -> None:
    ui.label(text).classes("text-lg font-medium q-mt-md").props("role=heading aria-level=2")


def moment_html(at: datetime | str | None) -> str:
    """A `time` element: UTC in the page's text, which the browser turns to the reader's zone."""
    if at is None:
        return ""
    iso = words.utc(at)
    return f'<time datetime="{html.escape(iso)}">{html.escape(iso[:19].replace("T", " "))} UTC</time>'


def moment(at: datetime | str | None) -> None:
    # built from escaped text alone; the browser's sanitizer would drop nothing of it
    ui.html(moment_html(at), sanitize=False, tag="span")


def status_html(name: str) -> str:
    """A status: an icon of its own colour, and its word in the text's colour."""
    colour, icon = words.status(name)
    return (
        f'<span class="row no-wrap items-center gap-1"><i class="q-icon material-icons" aria-hidden="true" '
        f'style="color:{colour};font-size:1.2em">{icon}</i>{html.escape(name)}</span>'
    )


def status(name: str) -> None:
    ui.html(status_html(name), sanitize=False, tag="span")


def empty(what: str, next_step: str) -> None:
    """What stands where there is nothing yet: what is missing, and what to do."""
    with ui.card().classes("w-full items-center q-pa-lg").props("flat bordered"):
        ui.icon("inbox", size="2.5rem").classes("hw-quiet").props('aria-hidden="true"')
        ui.label(what).classes("text-lg")
        ui.label(next_step).classes("hw-quiet")


def failed(error: Exception) -> None:
    """What stands where a page could not be made."""
    with ui.card().classes("w-full").props("flat bordered role=alert"):
        with ui.row().classes("items-center"):
            ui.icon("error", color=words.VERMILLION, size="1.6rem").props('aria-hidden="true"')
            ui.label(getattr(error, "what", str(error))).classes("text-lg")
        for part in (getattr(error, "why", ""), getattr(error, "next_step", "")):
            if part:
                ui.label(part).classes("whitespace-pre-wrap hw-quiet")


def telling(draw: Callable[..., None]) -> Callable[..., None]:
    """`draw`, with its error told in its place: what a page showed when it was made may be gone at the next look."""

    @functools.wraps(draw)
    def drawn(*arguments: Any) -> None:
        try:
            draw(*arguments)
        except Exception as error:
            failed(error)

    return drawn


def later(read: Callable[[], Found], draw: Callable[[Found], None], waiting: str = "") -> None:
    """A place that is filled once `read` has answered, in a thread of its own, so that the page does not wait for it.

    Until then there is a spinner, or the words `waiting`; an error is told in its place.
    """
    place = ui.column().classes("w-full")
    with place:
        ui.label(waiting).classes("hw-quiet") if waiting else ui.spinner(size="2rem")

    async def fill() -> None:
        try:
            found, error = await run.io_bound(read), None
        except Exception as raised:
            error = raised
        if place.is_deleted:
            return
        place.clear()
        with place:
            failed(error) if error else draw(found)

    ui.timer(0, fill, once=True)


@contextmanager
def facts():
    """A list of names and values, see `fact`."""
    with ui.element("div").classes("hw-facts"):
        yield


def fact(name: str, value: str | Callable[[], None]) -> None:
    """One line of `facts`: the value is a text, or what makes it."""
    ui.label(name).classes("hw-quiet")
    if callable(value):
        with ui.element("div"):
            value()
    else:
        ui.label(value).classes("break-all")


def grid(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, numbers: Sequence[int] = ()
) -> None:
    """A plain table. Cells are HTML of this module, or escaped by `cell`; `numbers`: columns aligned to the right."""
    align = ["text-right" if i in numbers else "text-left" for i in range(len(head))]
    cells = "".join(
        f'<th scope="col" class="{a}">{html.escape(h)}</th>' for h, a in zip(head, align, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f'<td class="{a}">{c}</td>' for c, a in zip(row, align, strict=True)) + "</tr>"
        for row in rows
    )
    ui.html(
        f'<div class="hw-scroll" tabindex="0" role="region" aria-label="{html.escape(caption)}"><table class="q-table">'
        f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>",
        sanitize=False,
    ).classes("w-full")


def cell(value: object) -> str:
    """Any value as escaped text; nothing for None."""
    return "" if value is None else html.escape(str(value))


def link(text: str, to: str) -> str:
    """A link inside a `grid`; it is followed without loading the console anew."""
    return f'<a class="underline" href="{html.escape(to, quote=True)}">{html.escape(text)}</a>'


def document(title: str, value: object) -> None:
    """A JSON value, folded."""
    if value in (None, {}, [], ""):
        return
    with ui.expansion(title).classes("w-full").props("dense"):
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        if len(text) > 200_000:
            text = (
                text[:200_000]
                + "\n... cut after 200,000 characters; `highwater runs RUN --json` has it whole"
            )
        ui.code(text, language="json").classes("w-full text-xs")


def confirm(question: str, detail: str, verb: str, then: Callable[[], Any]) -> None:
    """Ask before something is done. `then` does it; what it returns is awaited if it can be."""
    with ui.dialog() as dialog, ui.card().props('role="alertdialog"'):
        ui.label(question).classes("text-lg font-medium")
        ui.label(detail).classes("hw-quiet")

        async def go() -> None:
            dialog.close()
            done = then()
            if inspect.isawaitable(done):
                await done

        with ui.row():
            ui.button(verb, on_click=go)
            ui.button("Cancel", on_click=dialog.close).props("flat")
    dialog.open()
