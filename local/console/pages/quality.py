"""Quality: what the contracts' rules found in every run, and the rows that wait in quarantine."""

from collections.abc import Iterable
from urllib.parse import urlencode

from nicegui import ui

from contracts import Contract
from local.console import held, parts, timechart, words
from local.console.act import Act
from local.console.ask import Ask

# How far back counts go: in words, and in hours; None: all that is recorded.
RANGES = {"24": ("a day", 24), "168": ("a week", 168), "720": ("30 days", 720), "all": ("ever", None)}
WEEK = "168"
HEAD = ("Table", "Rule", "Good rows satisfy", "When broken", "Runs", "Rows", "Last broken")
# Rules that every table has, and no contract names.
BUILT_IN = {
    "value_unreadable": "every value has a place in the lake",
    "cursor_outside_windows": "the cursor lies in a window",
}
SEVERITIES = {"warn": "counted", "quarantine": "row waits", "fail": "table stops"}


def address(**query: object) -> str:
    """The page's address; what is not given is left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return "/quality" + (f"?{urlencode(given)}" if given else "")


def in_force(contracts: Iterable[Contract], broken: Iterable[dict]) -> list[dict]:
    """Every rule of the contracts, and those others that rows broke, with what was found of each.

    Returns:
        {table, rule, condition, severity, runs, rows, last, run_id}; those that rows broke most often first.
    """
    found = {(b["table_name"], b["rule"]): b for b in broken}
    named = {(c.table, r.name): (r.condition, r.severity) for c in contracts for r in c.rules}
    shown = []
    for table, rule in dict.fromkeys([*named, *found]):
        seen = found.get((table, rule), {"runs": 0, "rows": 0, "last": None, "run_id": None})
        condition, severity = named.get((table, rule)) or (_built_in(rule), seen["severity"])
        shown.append(
            {"table": table, "rule": rule, "condition": condition, "severity": severity,
             **{key: seen[key] for key in ("runs", "rows", "last", "run_id")}}
        )  # fmt: skip
    return sorted(shown, key=lambda r: (-r["rows"], r["table"], r["rule"]))


def _built_in(rule: str) -> str:
    if rule.endswith("_required"):
        return f"{rule.removesuffix('_required')} is not null"
    return BUILT_IN.get(rule, "a rule of an earlier contract")


def _rules(shown: list[dict], hours: str) -> None:
    parts.grid(
        HEAD,
        [
            [
                parts.link(r["table"], address(table=r["table"], hours=hours)),
                parts.link(r["rule"], address(table=r["table"], rule=r["rule"], hours=hours)),
                f"<code>{parts.cell(r['condition'])}</code>", SEVERITIES[r["severity"]],
                words.count(r["runs"]), words.count(r["rows"]),
                (parts.moment_html(r["last"]) + " " + parts.link(r["run_id"][:8], f"/runs/{r['run_id']}"))
                if r["last"] else "never",
            ]
            for r in shown
        ],
        caption="Rules and what they found", numbers=(4, 5),
    )  # fmt: skip


def _history(history: list[dict]) -> None:
    if not history:
        ui.label("No row broke a rule in this time.").classes("hw-quiet")
        return
    several = len({h["table_name"] for h in history}) > 1
    points = [
        (h["at"], f"{h['table_name']}.{h['rule']}" if several else h["rule"], h["rows"]) for h in history
    ]
    timechart.chart(points, kind="bar", unit="rows", label="Rows that broke a rule, along time")


def page(ask: Ask, act: Act, table: str | None, rule: str | None, hours: str, number: int) -> None:
    """The page for one table or all; `rule`: of the rows that wait only those that broke it; `number`: which page
    of them, counted from 1."""
    parts.heading("Quality", "What the rules found in every run, and the rows that wait in quarantine.")
    contracts = ask.contracts
    tables = [c.table for c in contracts]
    table = table if table in tables else None
    hours = hours if hours in RANGES else WEEK
    if not ask.tables():
        parts.empty("No table has a contract yet", "Add a file to contracts/ and run `highwater up`.")
        return
    with ui.row().classes("items-center"):
        ui.select(
            {"": "all tables", **{t: t for t in tables}}, value=table or "", label="Table",
            on_change=lambda e: ui.navigate.to(address(table=e.value, hours=hours)),
        ).props("outlined dense").classes("min-w-[150px]")  # fmt: skip
        ui.toggle(
            {key: said for key, (said, _) in RANGES.items()}, value=hours,
            on_change=lambda e: ui.navigate.to(address(table=table, rule=rule, hours=e.value)),
        ).props("no-caps")  # fmt: skip
    chosen = [c for c in contracts if table in (None, c.table)]
    parts.section("Rules")
    since = RANGES[hours][1]

    def found() -> tuple[list[dict], list[dict]]:
        return in_force(chosen, ask.rules(since, table)), ask.rule_history(since, table)

    def shown(rules_and_history: tuple[list[dict], list[dict]]) -> None:
        rules, history = rules_and_history
        _rules(rules, hours)
        _history(history)

    parts.later(found, shown)
    parts.section("Waiting in quarantine")
    parts.later(
        lambda: held.read(ask, chosen, table, rule, number),
        lambda waiting: held.draw(
            act, waiting, lambda **change: address(**{"table": table, "hours": hours, **change})
        ),
    )
