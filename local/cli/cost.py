"""The command cost: a month's estimate, incremental beside full reload."""

from pathlib import Path

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


@app.command()
def cost(
    stack: str = typer.Option(..., "--stack", help="dev, staging, prod or pr-N."),
    trips_per_day: float = typer.Option(
        100_000, min=0, help="New trips in a day; other tables follow from it."
    ),
    change_share: float = typer.Option(1.5, min=0, help="Changes that a trip sees later, on average."),
    days: float = typer.Option(365, min=1, help="Days of history that the source keeps."),
    reload_hours: float = typer.Option(24, min=0.1, help="How often a full reload would run instead."),
    assume: list[str] = typer.Option(
        [], "--assume", help="Another assumption, as name=value; may be repeated."
    ),
    prices: Path = typer.Option(None, help="A price file of your own."),
    measured: bool = typer.Option(True, help="Take bytes of a row from the local stack, if one is up."),
    as_json: bool = Json,
) -> None:
    """Estimate a stack's month, line by line: as it is declared, and if every run moved everything."""
    from contracts import load_all
    from local import cost as costs
    from local.cost.prices import DEFAULT
    from local.declare import resources

    table = costs.load(prices or DEFAULT).assuming(dict(_assumed(text) for text in assume))
    declared = resources(stack)
    found, unknown = costs.volumes(
        load_all(), table, trips_per_day, change_share, days, _measured() if measured else None
    )
    every = _every(declared)
    cadences = (
        costs.Cadence(f"incremental, every {every:g} min", every, reload=False),
        costs.Cadence(f"full reload, every {reload_hours:g} h", reload_hours * 60, reload=True),
        costs.Cadence(f"full reload, every {every:g} min", every, reload=True),
    )
    result = costs.estimate(declared, table, found, cadences)
    if as_json:
        print_json(_as_data(stack, table, found, unknown, result))
    else:
        _print(stack, table, found, unknown, result)


def _assumed(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise HighwaterError("An assumption can't be read", text, "Write --assume name=number.") from None


def _measured() -> dict[str, float] | None:
    """Bytes of a row by the local stack; None where none is up."""
    from local.cost.measured import bytes_per_row
    from local.stack import LocalStack

    try:
        return bytes_per_row(LocalStack.open())
    except HighwaterError:
        return None


def _every(declared: list[dict]) -> float:
    """Minutes between two runs of ingest, as its trigger says."""
    minutes = {"Minute": 1, "Hour": 60, "Day": 24 * 60}
    for resource in declared:
        if resource["type"] != "azure-native:datafactory:Trigger":
            continue
        properties = resource["inputs"]["properties"]
        runs = [p["pipelineReference"]["referenceName"] for p in properties.get("pipelines", [])]
        if "ingest" in runs:
            return properties["recurrence"]["interval"] * minutes[properties["recurrence"]["frequency"]]
    raise HighwaterError("No trigger runs ingest", "", "Declare one.")


def _as_data(stack, table, volumes, unknown, result) -> dict:
    return {
        "stack": stack,
        "region": table.region,
        "currency": table.currency,
        "prices_read": table.read,
        "cadences": [
            {"name": c.name, "every_minutes": c.every_minutes, "reload": c.reload, "usd": round(total, 2),
             "run_minutes": round(minutes, 1), "keeps_up": result.keeps_up(i)}
            for i, (c, total, minutes) in enumerate(
                zip(result.cadences, result.totals, result.minutes, strict=True)
            )
        ],
        "lines": [
            {"what": line.what, "unit": line.price.unit, "price": line.price.usd, "meter": line.price.meter,
             "checked": line.price.checked, "seen": line.price.seen, "source": line.price.source,
             "quantities": [round(q, 3) for q in line.quantities], "usd": [round(u, 2) for u in line.usd]}
            for line in result.lines
        ],
        "volumes": [vars(volume) for volume in volumes],
        "assumptions": {key: found.model_dump() for key, found in table.assumptions.items()},
        "tables_without_volume": unknown,
        "not_priced": list(result.unpriced),
    }  # fmt: skip


def _print(stack, table, volumes, unknown, result) -> None:
    shown = Table("", "a unit", *(c.name for c in result.cadences), box=None)
    for column in shown.columns[1:]:
        column.justify = "right"
    for line in result.lines:
        mark = "" if line.price.checked else " ?"
        shown.add_row(
            line.what, f"{line.price.usd:g} / {line.price.unit}{mark}", *(f"{usd:,.2f}" for usd in line.usd)
        )
    shown.add_section()
    shown.add_row(f"[bold]{table.currency} a month[/]", "", *(f"[bold]{t:,.2f}[/]" for t in result.totals))
    verdicts = [
        f"{minutes:,.1f} min a run"
        if result.keeps_up(i)
        else f"[red]can't keep up: {minutes:,.1f} min a run[/]"
        for i, minutes in enumerate(result.minutes)
    ]
    shown.add_row("", "", *verdicts)
    console.print(f"Stack {stack}: list prices of {table.region}, read on {table.read}; ? is not looked up.")
    console.print(shown)
    for volume in volumes:
        console.print(
            f"{volume.table}: {volume.rows:,.0f} rows, {volume.changed_per_day:,.0f} new or changed a day,"
            f" {volume.bytes_per_row:.0f} bytes each",
            highlight=False,
        )
    if unknown:
        console.print(f"[yellow]No volume is known of {', '.join(unknown)}: they are not in the estimate.[/]")
    if result.unpriced:
        console.print(f"[yellow]Not priced: {', '.join(result.unpriced)}.[/]")
    console.print("Assumptions are in local/cost/prices.yaml; --json prints them with every quantity.")
