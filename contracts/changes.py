"""What a new version of a contract changes, and whether something that is served or kept would be lost by it.

An additive change takes nothing from anybody: it is applied by the next deployment and run. A destructive one takes a
column, a table or rows from those who read them, or shows what was hidden: someone must say that it is meant.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.columns import Column, Named
from contracts.gold import Aggregate
from contracts.model import Contract


@dataclass(frozen=True)
class Change:
    """One difference between the deployed contract of a table and the new one.

    Attributes:
        key: where in the contract, as `columns.tip_amount.type`.
        old, new: what stands there; None where there is nothing.
        why: what a destructive change takes from whom; empty for an additive one.
    """

    table: str
    key: str
    old: object
    new: object
    why: str = ""

    @property
    def destructive(self) -> bool:
        return self.why != ""


def between(old: Contract | None, new: Contract | None) -> list[Change]:
    """Every change of one table, the destructive ones first. At least one of both is given."""
    if old is None or new is None:
        table = (old or new).table
        gone = "nothing reads or serves it any more; what is in the lake stays"
        found = [
            Change(table, "table", old and old.version, new and new.version, gone if new is None else "")
        ]
    else:
        found = [
            Change(new.table, *parts) for parts in (*_columns(old, new), *_shape(old, new), *_gold(old, new))
        ]
        # What has no rule of its own, such as the owner or the freshness target.
        told = {c.key.split(".")[0] for c in found} | {"columns", "gold"}
        found += [
            Change(new.table, name, was, now)
            for name, was in old.model_dump(mode="json", by_alias=True).items()
            if name not in told and (now := new.model_dump(mode="json", by_alias=True)[name]) != was
        ]
    return sorted(found, key=lambda change: not change.destructive)


def _columns(old: Contract, new: Contract) -> Iterator[tuple]:
    was, now = ({c.name: c for c in contract.columns} for contract in (old, new))
    for name in was.keys() - now.keys():
        yield (
            f"columns.{name}",
            was[name].type,
            None,
            "readers lose the column; older rows keep it in bronze alone",
        )
    for name in now.keys() - was.keys():
        yield f"columns.{name}", None, now[name].type
    for name in [n for n in was if n in now]:
        yield from _column(was[name], now[name])


def _column(old: Column, new: Column) -> Iterator[tuple]:
    key = f"columns.{new.name}"
    if old.type != new.type:
        widens = old.parsed.widens_to(new.parsed)
        why = (
            "" if widens else "not every value has a place in the new type; the job refuses the stored table"
        )
        yield f"{key}.type", old.type, new.type, why
    if old.nullable != new.nullable:
        why = "" if new.nullable else "rows without a value go to quarantine"
        yield f"{key}.nullable", old.nullable, new.nullable, why
    if old.sensitive != new.sensitive:
        why = "readers of gold lose it" if new.sensitive else "everyone who reads gold sees it from now on"
        yield f"{key}.sensitive", old.sensitive, new.sensitive, why
    if old.description != new.description:
        yield f"{key}.description", old.description, new.description


def _shape(old: Contract, new: Contract) -> Iterator[tuple]:
    for name, why in (
        ("primary_key", "silver and gold are merged by the old key"),
        ("mode", "silver and gold were made by the old mode"),
        ("history", "versions are kept or lost"),
        ("cursor", "the ledger counts in the old cursor"),
        ("source", "the ledger counts in the old table"),
    ):
        was, now = getattr(old, name), getattr(new, name)
        if name == "cursor":
            was, now = ((c and (c.column, c.kind)) for c in (was, now))
        elif name == "source":
            was, now = ((s.schema_name, s.table) for s in (was, now))
        if was != now:
            yield name, was, now, why


def _gold(old: Contract, new: Contract) -> Iterator[tuple]:
    for name in ("table", "role"):
        was, now = getattr(old.gold, name), getattr(new.gold, name)
        if was != now:
            yield f"gold.{name}", was, now, "readers of the old name find nothing new"
    yield from _served("gold", old.gold.added, new.gold.added)
    was, now = ({s.table: s for s in contract.gold.static} for contract in (old, new))
    for table in was.keys() - now.keys():
        yield f"gold.{table}", table, None, "readers lose the dimension"
    for table in [t for t in was if t in now]:
        yield from _served(f"gold.{table}", was[table].served, now[table].served)
    was, now = ({a.table: a for a in contract.gold.aggregates} for contract in (old, new))
    for table in was.keys() - now.keys():
        yield f"gold.{table}", table, None, "readers lose the aggregate"
    for table in now.keys() - was.keys():
        yield f"gold.{table}", None, table
    for table in [t for t in was if t in now]:
        yield from _aggregate(was[table], now[table])
    known = {"table", "role", "derived", "aggregates"}  # lookups and static rows: what else they say
    was, now = (contract.gold.model_dump(mode="json", exclude=known) for contract in (old, new))
    if was != now:
        yield "gold", was, now


def _aggregate(old: Aggregate, new: Aggregate) -> Iterator[tuple]:
    key = f"gold.{new.table}"
    if [g.name for g in old.group_by] != [g.name for g in new.group_by]:
        names = ([g.name for g in a.group_by] for a in (old, new))
        yield f"{key}.group_by", *names, "a row of the aggregate means something else"
    else:
        yield from _served(f"{key}.group_by", old.group_by, new.group_by)
    yield from _served(f"{key}.measures", old.measures, new.measures)
    if old.where != new.where:
        yield f"{key}.where", old.where, new.where


def _served(key: str, old: tuple[Named, ...], new: tuple[Named, ...]) -> Iterator[tuple]:
    was, now = ({d.name: d for d in given} for given in (old, new))
    for name in was.keys() - now.keys():
        yield f"{key}.{name}", was[name].type, None, "readers lose the column"
    for name in now.keys() - was.keys():
        yield f"{key}.{name}", None, now[name].type
    for name in [n for n in was if n in now]:
        if was[name].type != now[name].type:
            widens = was[name].parsed.widens_to(now[name].parsed)
            yield (
                f"{key}.{name}.type",
                was[name].type,
                now[name].type,
                "" if widens else "readers get another type",
            )
        rest = (d.model_dump(mode="json", exclude={"type"}) for d in (was[name], now[name]))
        yield from _rest(f"{key}.{name}", *rest)


def _rest(key: str, was: dict, now: dict) -> Iterator[tuple]:
    for name in [n for n in now if was.get(n) != now[n]]:
        yield f"{key}.{name}", was.get(name), now[name]
