"""The rows that wait in quarantine: how many of each table and rule, the rows themselves, and their release."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from contracts import Contract
from local.console import parts, words
from local.console.act import Act
from local.console.ask import Ask
from local.quarantine import HeldRow, RuleCount, counts, rows

ROWS_A_PAGE = 20
RESTRICTED = "restricted"
JUDGED = (
    "Today's contract is asked: rows that pass are served, the others stay and say why. "
    "Mend the rule or the row first."
)


@dataclass(frozen=True)
class Found:
    """What waits: counts of every table that was asked for; of one table its rows, and how many there are."""

    counts: list[RuleCount]
    contract: Contract | None
    rule: str | None
    page: int
    rows: list[HeldRow]
    total: int


def read(ask: Ask, contracts: list[Contract], table: str | None, rule: str | None, page: int) -> Found:
    """What waits of these contracts; the rows only of `table`."""
    container, session = ask.stack.container("quarantine"), ask.lake.session
    contract = contracts[0] if table else None
    found, total = [], 0
    if contract:
        offset = (page - 1) * ROWS_A_PAGE
        found, total = rows(container, contract, rule, ROWS_A_PAGE, offset, session)
    return Found(counts(container, contracts, session), contract, rule, page, found, total)


def draw(act: Act, found: Found, address: Callable[..., str]) -> None:
    """The section. `address`: the page's address with these changes."""
    if not found.counts:
        what = f" of {found.contract.table}" if found.contract else ""
        parts.empty(
            f"Nothing waits in quarantine{what}", "Rows that break a rule are kept here, each with its rule."
        )
        return
    parts.grid(
        ("Table", "Rule", "Rows", "Since"),
        [
            [
                parts.link(c.table, address(table=c.table, rule=None)),
                parts.link(c.rule, address(table=c.table, rule=c.rule)),
                words.count(c.rows), parts.moment_html(str(c.since)),
            ]
            for c in found.counts
        ],
        caption="Rows that wait, by rule", numbers=(2,),
    )  # fmt: skip
    if found.contract is None:
        ui.label("Choose a table to see its rows and to release them.").classes("hw-quiet")
        return
    _release_all(act, found)
    if found.rule:
        ui.link(f"Rows of every rule of {found.contract.table}", address(rule=None))
    for row in found.rows:
        _row(act, found.contract, row)
    _pages(found, address)


def _pages(found: Found, address: Callable[..., str]) -> None:
    last = max(1, -(-found.total // ROWS_A_PAGE))
    with ui.row().classes("items-center"):
        if found.page > 1:
            ui.link("Newer", address(rule=found.rule, page=found.page - 1))
        ui.label(f"page {found.page:,} of {last:,}, {found.total:,} rows")
        if found.page < last:
            ui.link("Older", address(rule=found.rule, page=found.page + 1))


def _begin(act: Act, pipeline: str, parameters: dict[str, str]) -> None:
    act.run(pipeline, parameters)
    ui.notify(f"{pipeline} begins.")
    ui.navigate.to("/runs")


def _release_all(act: Act, found: Found) -> None:
    """The button that has all rows judged again; a table that is read whole has its next reading instead."""
    table = found.contract.table
    if found.contract.mode == "snapshot":
        ui.label(f"{table} is read whole: its next reading replaces what waits.").classes("hw-quiet")
        ui.button(
            f"Read {table} again", icon="replay",
            on_click=lambda: parts.confirm(
                f"Read {table} again?", "The whole table is read and replaces what is served and what waits.", "Read",
                lambda: _begin(act, "reload", {"tables": table}),
            ),
        ).props("outline")  # fmt: skip
        return
    which = f" that broke {found.rule}" if found.rule else ""
    ui.button(
        f"Release all{which}", icon="outbox",
        on_click=lambda: parts.confirm(
            f"Judge {found.total:,} rows of {table}{which} again?", JUDGED, "Release",
            lambda: _begin(act, "release", {"tables": table, "rules": found.rule or "", "keys": ""}),
        ),
    ).props("outline")  # fmt: skip


def _row(act: Act, contract: Contract, row: HeldRow) -> None:
    with ui.card().props("flat bordered").classes("hw-held w-full gap-1"):
        with ui.row().classes("items-center w-full gap-3"):
            ui.label(row.key or "(no key)").classes("font-mono break-all")
            ui.label(", ".join(row.rules)).classes("font-medium break-all")
            ui.link(f"window {row.window_id}", f"/ledger?table={contract.table}&window={row.window_id}")
            ui.label(f"attempt {row.attempt}").classes("hw-quiet")
            parts.moment(str(row.loaded_at))
            ui.space()
            if row.key and contract.mode != "snapshot":
                ui.button("Release", on_click=lambda: _release(act, contract, row)).props(
                    f'outline dense aria-label="Release {row.key}"'
                )
        ui.html(values_html(contract, row), sanitize=False).classes("w-full")


def _release(act: Act, contract: Contract, row: HeldRow) -> None:
    parts.confirm(
        f"Judge {row.key} of {contract.table} again?", JUDGED, "Release",
        lambda: _begin(act, "release", {"tables": contract.table, "rules": "", "keys": json.dumps([row.key])}),
    )  # fmt: skip


def at_fault(contract: Contract, row: HeldRow) -> list[str]:
    """The columns that the broken rules speak of, in the contract's order."""
    said = [r.condition for r in contract.rules if r.name in row.rules]
    said += [rule.removesuffix("_required") for rule in row.rules if rule.endswith("_required")]
    words_of = set(re.findall(r"\w+", " ".join(said)))
    return [name for name in contract.column_names if name in words_of or name in row.unreadable]


def _shown(contract: Contract, row: HeldRow, name: str) -> str:
    value = row.values.get(name)
    if value is None:
        return '<span class="hw-quiet">null</span>'
    return RESTRICTED if name in contract.sensitive else parts.cell(value)


def values_html(contract: Contract, row: HeldRow) -> str:
    """What the rules speak of, then all raw values, folded; those of restricted columns are not shown."""
    first = ", ".join(
        f'<span class="hw-quiet">{name}</span> {_shown(contract, row, name)}'
        for name in at_fault(contract, row)
    )
    names = [*contract.column_names, *(n for n in row.values if n not in contract.column_names)]
    items = "".join(
        f'<span class="hw-quiet">{parts.cell(name)}</span><span class="break-all">{_shown(contract, row, name)}</span>'
        for name in names
    )
    fold = f"<summary>All {len(names)} values as they came</summary>"
    return f'<div>{first}</div><details>{fold}<div class="hw-facts">{items}</div></details>'
