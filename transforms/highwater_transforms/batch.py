"""One table's rows in one run: judged and placed as they enter bronze, then read from there."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms import dedupe, delta, quality
from highwater_transforms.contract import Contract, Rule
from highwater_transforms.dedupe import DUPLICATE, KEPT, PLACE, QUARANTINED, SUPERSEDED
from highwater_transforms.errors import BrokenRule, TransformError
from highwater_transforms.plan import TablePlan
from highwater_transforms.quality import BROKEN, REJECTED
from highwater_transforms.system import TAGS, WINDOW, quoted


@dataclass(frozen=True)
class Counts:
    """What one pass over the batch counted. landed = kept + quarantined + duplicates + superseded.

    `broken` is rule to rows, rules that no row broke left out; `low` and `high` are the least and the greatest value
    of the key's first column among the kept rows, as text, None when there is no key or no row.
    """

    landed: int
    kept: int
    quarantined: int
    duplicates: int
    superseded: int
    broken: dict[str, int]
    low: str | None
    high: str | None


@dataclass(frozen=True)
class Batch:
    """The rows of one table in one run. `placed`: bronze's rows of the plan's windows, with _broken and _place."""

    contract: Contract
    plan: TablePlan
    placed: DataFrame

    def kept(self) -> DataFrame:
        """The rows to merge, one a version: the contract's columns and the tags."""
        return self.placed.where(F.col(PLACE) == KEPT).select(*self.contract.names, *(n for n, _ in TAGS))

    def keys(self, *places: str) -> DataFrame:
        """The distinct keys of the rows in one of these places."""
        return self.placed.where(F.col(PLACE).isin(*places)).select(*self.contract.primary_key).distinct()


def in_force(contract: Contract, plan: TablePlan) -> list[Rule]:
    """The rules that the plan's rows are judged by."""
    return quality.rules(contract, [w.window_id for w in plan.windows if w.kind == "quarantine"])


def judged(contract: Contract, plan: TablePlan) -> Callable[[DataFrame], DataFrame]:
    """Landed rows with `_broken` array<string>, the rules that a row breaks, and `_place` string, what it becomes."""

    def transform(landed: DataFrame) -> DataFrame:
        checked = landed.transform(quality.check(in_force(contract, plan)))
        return checked.transform(dedupe.place(contract, plan.newest)).drop(REJECTED)

    return transform


def measure(batch: Batch) -> Counts:
    """Count the batch in one Spark job and hold it against the ledger.

    Raises:
        TransformError: a window holds other than the rows that the ledger recorded, or a rule of severity `fail` broke.
    """
    contract, rules = batch.contract, in_force(batch.contract, batch.plan)
    kind = contract.type_of(contract.primary_key[0]) if contract.primary_key else "void"
    key = F.col(contract.primary_key[0]) if contract.primary_key else F.lit(None)
    if kind == "timestamp":
        key = F.unix_micros(key)  # as a datetime it would take on the zone of this process
    kept_key = F.when(F.col(PLACE) == KEPT, key)
    counted = [F.count_if(F.col(PLACE) == p).alias(p) for p in (KEPT, QUARANTINED, DUPLICATE, SUPERSEDED)]
    broken = [F.count_if(F.array_contains(BROKEN, r.name)).alias(f"rule_{i}") for i, r in enumerate(rules)]
    rows = (
        batch.placed.groupBy(WINDOW)
        .agg(
            F.count("*").alias("landed"),
            *counted,
            *broken,
            F.min(kept_key).alias("low"),
            F.max(kept_key).alias("high"),
        )
        .collect()
    )
    landed = {row[WINDOW]: row["landed"] for row in rows}
    for window in batch.plan.windows:
        if landed.get(window.window_id, 0) != window.rows:
            raise TransformError(
                f"Window {window.window_id} attempt {window.attempt} of {contract.table} is not as it landed",
                f"the ledger recorded {window.rows} rows, {window.path} holds {landed.get(window.window_id, 0)}",
                "Release the window: its next attempt lands anew",
            )
    by_rule = {r.name: sum(row[f"rule_{i}"] for row in rows) for i, r in enumerate(rules)}
    counted_rules = {name: count for name, count in by_rule.items() if count}
    for rule in contract.rules:
        most = quality.allowed(rule, sum(landed.values()))
        if rule.severity == "fail" and by_rule[rule.name] > most:
            beyond = f", more than {most:g} of {sum(landed.values())}" if rule.threshold else ""
            raise BrokenRule(
                f"{contract.table} breaks rule {rule.name}",
                f"{by_rule[rule.name]} rows do not satisfy: {rule.condition}{beyond}",
                "Correct the source or the contract; the windows are merged by the next run",
                rules=counted_rules,
            )  # fmt: skip
    lows, highs = ([row[side] for row in rows if row[side] is not None] for side in ("low", "high"))
    return Counts(
        sum(landed.values()), *(sum(row[p] for row in rows) for p in (KEPT, QUARANTINED, DUPLICATE, SUPERSEDED)),
        counted_rules,
        delta.literal(min(lows), kind) if lows else None,
        delta.literal(max(highs), kind) if highs else None,
    )  # fmt: skip


def within(contract: Contract, counts: Counts, prefix: str = "") -> str:
    """SQL: a row lies in the batch's range of keys, in literals, so that Delta skips other files."""
    if counts.low is None or counts.high is None:
        return "true"
    return f"{prefix}{quoted(contract.primary_key[0])} between {counts.low} and {counts.high}"


def matched(contract: Contract, counts: Counts) -> str:
    """SQL: the ON condition of a merge by key that prunes by what the batch can touch."""
    return f"{delta.equal(contract.primary_key)} and {within(contract, counts, 't.')}"
