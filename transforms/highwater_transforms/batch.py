"""One table's rows in one run: judged and placed as they enter bronze, then read from there."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from highwater_transforms import dedupe, delta, quality
from highwater_transforms.contract import Contract, Rule
from highwater_transforms.dedupe import DUPLICATE, KEPT, PLACE, QUARANTINED, SUPERSEDED
from highwater_transforms.errors import BrokenRule, NotAsLanded
from highwater_transforms.plan import TablePlan
from highwater_transforms.quality import BROKEN, REJECTED
from highwater_transforms.system import TAGS, WINDOW, quoted


@dataclass(frozen=True)
class Counts:
    """What one pass over the batch counted. landed = kept + quarantined + duplicates + superseded.

    `broken` is rule to rows, rules that no row broke left out; `low` and `high` are the least and the greatest value
    of the key's first column among the kept rows, as SQL, None when there is no key or no row. `group_low` and
    `group_high` are those of the first column within which gold numbers rows, where it does.
    """

    landed: int
    kept: int
    quarantined: int
    duplicates: int
    superseded: int
    broken: dict[str, int]
    low: str | None
    high: str | None
    group_low: str | None = None
    group_high: str | None = None


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
        NotAsLanded: a window holds other than the rows that the ledger recorded.
        BrokenRule: more rows broke a rule of severity `fail` than it allows.
    """
    contract, rules = batch.contract, in_force(batch.contract, batch.plan)
    numbered = contract.gold.numbered
    spans = {
        "key": contract.primary_key[0] if contract.primary_key else None,
        "group": numbered.within[0] if numbered else None,
    }
    ends = [end for name, column in spans.items() for end in _ends(contract, name, column)]
    counted = [F.count_if(F.col(PLACE) == p).alias(p) for p in (KEPT, QUARANTINED, DUPLICATE, SUPERSEDED)]
    broken = [F.count_if(F.array_contains(BROKEN, r.name)).alias(f"rule_{i}") for i, r in enumerate(rules)]
    rows = (
        batch.placed.groupBy(WINDOW)
        .agg(
            F.count("*").alias("landed"),
            *counted,
            *broken,
            *ends,
        )
        .collect()
    )
    landed = {row[WINDOW]: row["landed"] for row in rows}
    other = [w for w in batch.plan.windows if landed.get(w.window_id, 0) != w.rows]
    if other:
        window = other[0]
        raise NotAsLanded(
            f"Window {window.window_id} attempt {window.attempt} of {contract.table} is not as it landed",
            f"the ledger recorded {window.rows} rows, {window.path} holds {landed.get(window.window_id, 0)}",
            "The next run reads it from the source again",
            tuple(w.window_id for w in other),
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
    bounds = [bound for name, column in spans.items() for bound in _bounds(contract, rows, name, column)]
    return Counts(
        sum(landed.values()), *(sum(row[p] for row in rows) for p in (KEPT, QUARANTINED, DUPLICATE, SUPERSEDED)),
        counted_rules, *bounds,
    )  # fmt: skip


def _ends(contract: Contract, name: str, column: str | None) -> list[Column]:
    """The least and the greatest value of a column among kept rows, as `<name>_low` and `<name>_high`."""
    value = F.col(column) if column else F.lit(None)
    if column and contract.type_of(column) == "timestamp":
        value = F.unix_micros(value)  # as a datetime it would take on the zone of this process
    kept = F.when(F.col(PLACE) == KEPT, value)
    return [F.min(kept).alias(f"{name}_low"), F.max(kept).alias(f"{name}_high")]


def _bounds(contract: Contract, rows: list[Row], name: str, column: str | None) -> list[str | None]:
    """Both ends over all windows, as SQL."""
    found = []
    for side, pick in (("low", min), ("high", max)):
        values = [row[f"{name}_{side}"] for row in rows if row[f"{name}_{side}"] is not None]
        found.append(delta.literal(pick(values), contract.type_of(column)) if column and values else None)
    return found


def within(contract: Contract, counts: Counts, prefix: str = "") -> str:
    """SQL: a row lies in the batch's range of keys, in literals, so that Delta skips other files."""
    if counts.low is None or counts.high is None:
        return "true"
    return f"{prefix}{quoted(contract.primary_key[0])} between {counts.low} and {counts.high}"


def within_groups(contract: Contract, counts: Counts, prefix: str = "") -> str:
    """SQL: a row may be numbered together with one of the batch's."""
    numbered = contract.gold.numbered
    if numbered is None or counts.group_low is None or counts.group_high is None:
        return "true"
    column = f"{prefix}{quoted(numbered.within[0])}"
    return f"{column} between {counts.group_low} and {counts.group_high}"


def matched(contract: Contract, counts: Counts) -> str:
    """SQL: the ON condition of a merge by key that prunes by what the batch can touch."""
    return f"{delta.equal(contract.primary_key)} and {within(contract, counts, 't.')}"
