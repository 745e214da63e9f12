"""Serving what silver holds: what stands still, the table and its restricted columns, then its aggregates.

Facts follow the dimensions that they look up, and aggregates follow facts, so a death in between heals: one table
carries the note, written last, by which all of them are known to be built from this contract.
"""

from collections.abc import Callable

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from highwater_transforms import gold_aggregate, gold_followers, gold_late, gold_static, gold_table, order
from highwater_transforms.delta import FEED, SERVED, DeltaTable
from highwater_transforms.gold_table import Served
from highwater_transforms.lookup import Found, joined
from highwater_transforms.star import Aggregate, Static
from highwater_transforms.statistics import searched
from highwater_transforms.tables import Clock, Tables

# Properties of `tables.last`: what all of the contract's gold is made of, and the version of each dimension that it
# has taken in.
DEFINITION, TAKEN_IN = "highwater.definition", "highwater.dimensions"
Refresh = Callable[[DeltaTable, Served, DataFrame | None], None]


def _static(tables: Tables, batch_id: int, clock: Clock) -> None:
    def write(static: Static) -> None:
        with clock.step(static.table):
            table = tables.of("gold", static.table)
            table.overwrite(gold_static.rows(tables.spark, static, batch_id), SERVED)
            table.refuse_newer_reader()

    order.side_by_side(write, tables.contract.gold.static)


def _aggregates(tables: Tables, batch_id: int, clock: Clock, anew: bool) -> None:
    """Bring every aggregate to the fact. Those that took in the same version of it share the reading of changes."""
    aggregates = tables.contract.gold.aggregates
    if not aggregates:
        return
    version = tables.gold.version()  # first: rows of a later commit are only taken in twice
    kept = [tables.of("gold", a.table) for a in aggregates]
    done = [None] * len(kept) if anew else gold_aggregate.taken_in(kept)
    groups = {}
    for since in {v for v in done if v is not None and v < version}:
        follows = [a for a, v in zip(aggregates, done, strict=True) if v == since]
        with clock.step("changes"):
            try:
                found = gold_aggregate.affected(follows, tables.gold.changes_since(since))
            except PySparkException:
                continue  # the feed is gone, as after VACUUM: they are built from the fact, which tells all
        groups |= {a.table: frame for a, frame in zip(follows, found, strict=True)}

    def write(aggregate: Aggregate) -> None:
        table, found = tables.of("gold", aggregate.table), groups.get(aggregate.table)
        with clock.step(aggregate.table):
            if found is None:
                gold_aggregate.build(aggregate, tables.gold, version, table, batch_id)
            else:
                gold_aggregate.merge(aggregate, tables.gold, version, table, batch_id, found)
            table.refuse_newer_reader()

    order.side_by_side(write, [a for a, since in zip(aggregates, done, strict=True) if since != version])


def serve(
    tables: Tables,
    found: Found,
    batch_id: int,
    clock: Clock,
    refresh: Refresh,
    anew: bool = False,
    text: str | None = None,
) -> None:
    """Bring gold to silver.

    Args:
        found: the dimensions that the contract looks up.
        refresh: brings one table to what silver holds now; gets the table, how silver is served in it, and rows of
            silver whose dimensions changed.
        anew: build the table from silver whatever it holds.
        text: the contract as the plan has it; None when it is known to be the one that gold was built from.
    """
    contract = tables.contract
    noted = tables.last.properties() or {}
    known = noted.get(DEFINITION) == contract.definition
    anew = anew or not known
    if not known:
        _static(tables, batch_id, clock)
        if text and joined(contract):
            gold_followers.remember(tables, text, batch_id)
    looked_up = gold_table.served(contract, batch_id, found.rows)
    served = [("gold", looked_up, gold_table.properties(contract))]
    if contract.sensitive:
        served.append(("restricted", gold_table.restricted(contract, batch_id), SERVED))
    before = noted.get(TAKEN_IN)
    moved, late = False, None
    if found.versions and not anew:
        with clock.step("late"):
            moved, late = gold_late.waiting(tables, found, before)

    def write(of: tuple[str, Served, dict[str, str]]) -> None:
        container, transform, given = of
        table = tables.of(container, contract.gold.table)
        with clock.step(container):
            if anew:
                rows = tables.silver.frame().transform(transform)
                if container == "gold" and contract.gold.unknown:
                    rows = rows.unionByName(gold_table.unknown_member(contract, tables.spark, batch_id))
                apart_by = gold_table.apart_by(contract) if container == "gold" else ()
                table.overwrite(rows, given | searched(contract, rows.dtypes), apart_by)
            else:
                refresh(table, transform, late if container == "gold" else None)
            table.refuse_newer_reader()

    order.side_by_side(write, served)
    # A dimension that was there before facts followed it gets its feed now: an overwrite keeps old properties.
    feed = FEED if contract.gold.role == "dimension" else {}
    notes = {} if known else {DEFINITION: contract.definition, **feed}
    if anew and found.versions:
        notes[TAKEN_IN] = gold_late.note(found)
    elif moved:
        notes[TAKEN_IN] = gold_late.note(found, before)
    _aggregates(tables, batch_id, clock, anew)
    if notes:
        tables.last.set_properties(notes)
