"""The contract's rules over the landed rows, all in one pass."""

from collections.abc import Callable, Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract, Rule
from highwater_transforms.system import WINDOW, quoted

BROKEN, REJECTED = "_broken", "_rejected"
OUTSIDE = "cursor_outside_windows"


def rules(contract: Contract, probed: Iterable[int] = ()) -> list[Rule]:
    """The rules in force: the contract's, `<column>_required` per column that may not be null, and for the windows
    `probed` (rows whose cursor lies in no window) a rule that sends each row to
    quarantine under its own name, but for null cursors that the contract includes."""
    required = [c.name for c in contract.columns if not c.nullable]
    if contract.scd2 and contract.cursor not in required:
        required.append(contract.cursor)  # a version without a time has no place in the history
    built_in = [Rule(f"{name}_required", f"`{name}` is not null", "quarantine") for name in required]
    ids = ", ".join(str(i) for i in probed)
    inside = f"{WINDOW} not in ({ids})"
    if contract.cursor_nulls == "include":
        inside += f" or {quoted(contract.cursor)} is null"
    outside = [Rule(OUTSIDE, inside, "quarantine")] if ids else []
    return [*built_in, *outside, *contract.rules]


def _breaks(rule: Rule) -> Column:
    return ~F.coalesce(F.expr(f"({rule.condition})"), F.lit(False))


def check(in_force: list[Rule]) -> Callable[[DataFrame], DataFrame]:
    """Adds `_broken` array<string>, the names of the rules that a row breaks, and `_rejected` boolean, whether one of
    them sends it to quarantine."""

    def transform(landed: DataFrame) -> DataFrame:
        names = [F.when(_breaks(rule), F.lit(rule.name)) for rule in in_force]
        broken = F.array_compact(F.array(*names)) if names else F.array().cast("array<string>")
        hard = [F.lit(rule.name) for rule in in_force if rule.severity == "quarantine"]
        rejected = F.arrays_overlap(F.col(BROKEN), F.array(*hard)) if hard else F.lit(False)
        return landed.withColumn(BROKEN, broken).withColumn(REJECTED, rejected)

    return transform
