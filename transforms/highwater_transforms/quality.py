"""The contract's rules over the landed rows, all in one pass."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract, Rule
from highwater_transforms.system import POISON, WINDOW, quoted

BROKEN, REJECTED = "_broken", "_rejected"
OUTSIDE = "cursor_outside_windows"
UNREADABLE = "value_unreadable"


def rules(contract: Contract, probed: Iterable[int] = ()) -> list[Rule]:
    """The rules in force: the contract's and those that every table has.

    `value_unreadable` sends a row to quarantine of which a value has no place here. Such a row breaks neither
    `<column>_required`, which every column has that may not be null, nor a rule of the contract: nobody knows. For the
    windows `probed` (rows whose cursor lies in no window) a rule sends each row to quarantine under its own name, but
    for null cursors that the contract includes.
    """
    required = [c.name for c in contract.columns if not c.nullable]
    if contract.scd2 and contract.cursor not in required:
        required.append(contract.cursor)  # a version without a time has no place in the history
    built_in = [Rule(f"{name}_required", f"`{name}` is not null", "quarantine") for name in required]
    ids = ", ".join(str(i) for i in probed)
    inside = f"{WINDOW} not in ({ids})"
    if contract.cursor_nulls == "include":
        inside += f" or {quoted(contract.cursor)} is null"
    outside = [Rule(OUTSIDE, inside, "quarantine")] if ids else []
    known = [
        replace(r, condition=f"{POISON} is not null or ({r.condition})") for r in (*built_in, *contract.rules)
    ]
    return [Rule(UNREADABLE, f"{POISON} is null", "quarantine"), *outside, *known]


def allowed(rule: Rule, landed: int) -> float:
    """How many of the landed rows may break a rule of severity `fail` before it stops the table."""
    threshold = rule.threshold or 0
    return threshold * landed if threshold < 1 else threshold


def _breaks(rule: Rule) -> Column:
    return ~F.coalesce(F.expr(f"({rule.condition})"), F.lit(False))


def check(in_force: list[Rule]) -> Callable[[DataFrame], DataFrame]:
    """Adds `_broken` array<string>, the names of the rules that a row breaks, and `_rejected` boolean, whether one of
    them sends it to quarantine: any but a warning."""

    def transform(landed: DataFrame) -> DataFrame:
        names = [F.when(_breaks(rule), F.lit(rule.name)) for rule in in_force]
        broken = F.array_compact(F.array(*names))
        hard = F.array(*(F.lit(rule.name) for rule in in_force if rule.severity != "warn"))
        return landed.withColumn(BROKEN, broken).withColumn(REJECTED, F.arrays_overlap(F.col(BROKEN), hard))

    return transform
