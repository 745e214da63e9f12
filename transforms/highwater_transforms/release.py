"""Held rows judged again by today's contract: those that pass leave the quarantine and are served.

They come from bronze, which has every row as it landed, and go the way that they would have gone: bronze's verdict,
silver, restricted, gold, aggregates. The quarantine is written last: until then it names the windows, so a run that
dies anywhere in between is finished by the next one. A newer version in silver wins, as it does in every merge.
"""

import json
import time
from dataclasses import dataclass, replace
from datetime import datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from highwater_transforms import batch, bronze, dedupe, quality, quarantine
from highwater_transforms.batch import Batch
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import PLACE, QUARANTINED, SUPERSEDED
from highwater_transforms.delta import PLAIN, DeltaTable
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan
from highwater_transforms.quality import BROKEN, REJECTED
from highwater_transforms.receipts import Receipt
from highwater_transforms.system import WINDOW
from highwater_transforms.table import Ready, serve
from highwater_transforms.tables import Clock, Tables

_HELD, _WAS, _CHOSEN = "_held", "_was", "_chosen"


@dataclass(frozen=True)
class Asked:
    """Which held rows are meant: those that broke one of `rules`, those of `keys`; all where nothing is named.

    A key is the text of its columns' values in the order of the primary key, with commas between; times are UTC.
    """

    rules: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def chosen(self, contract: Contract) -> Column:
        """Whether a held row is meant."""
        meant = F.lit(True)
        if self.rules:
            meant = F.arrays_overlap(F.col(BROKEN), F.array(*(F.lit(r) for r in self.rules)))
        if self.keys:
            key = F.concat_ws(",", *(F.col(c).cast("string") for c in contract.primary_key))
            meant = meant & key.isin(list(self.keys))
        return F.coalesce(meant, F.lit(False))


def asked(spark: SparkSession, lake: Lake, plan_path: str) -> dict[str, Asked]:
    """What the plan asks for, by table: its columns `rules` (names with commas between) and `keys` (a JSON array)."""
    rows = spark.read.parquet(lake.uri("landing", plan_path)).select("table_name", "rules", "keys").distinct()
    return {
        row["table_name"]: Asked(
            tuple(r for r in (row["rules"] or "").split(",") if r), tuple(json.loads(row["keys"] or "[]"))
        )
        for row in rows.collect()
    }


def _of_windows(held: DataFrame, contract: Contract) -> tuple[DataFrame, list[str]]:
    """What tells a row that is held from one that was corrected and left: columns to join bronze by, and their names.

    Rows without a key are never corrected, so there the window is enough.
    """
    names = list(dict.fromkeys((*contract.primary_key, *([contract.cursor] if contract.primary_key else []))))
    names = [n for n in names if n is not None]
    if names:
        held = held.select(WINDOW, quarantine.version_of(contract, tuple(names)).alias("v")).select(
            WINDOW, "v.*"
        )
    return held.select(WINDOW, *names).distinct().withColumn(_HELD, F.lit(True)), [WINDOW, *names]


def judged(
    contract: Contract, plan: TablePlan, stored: DataFrame, held: DataFrame, meant: Asked
) -> DataFrame:
    """Bronze's rows of the plan's windows with today's verdict on those that are meant, and the one they had on others.

    Adds `_chosen` boolean, whether a row was judged again. A row that left the quarantine since its newer version is
    served is superseded.
    """
    mine, by = _of_windows(held, contract)
    rows = stored.where(F.col(WINDOW).isin(list(plan.window_ids))).alias("t")
    same = [F.col(f"t.{name}").eqNullSafe(F.col(f"s.{name}")) for name in by]
    marked = rows.join(F.broadcast(mine).alias("s"), same, "left").select(
        "t.*", F.coalesce(F.col(f"s.{_HELD}"), F.lit(False)).alias(_HELD)
    )
    refused = F.col(PLACE) == QUARANTINED
    marked = marked.withColumn(_CHOSEN, refused & F.col(_HELD) & meant.chosen(contract)).withColumn(
        _HELD, ~refused | F.col(_HELD)
    )
    checked = marked.withColumnRenamed(BROKEN, _WAS).transform(quality.check(batch.in_force(contract, plan)))
    checked = checked.withColumn(BROKEN, F.when(F.col(_CHOSEN), F.col(BROKEN)).otherwise(F.col(_WAS)))
    checked = checked.withColumn(REJECTED, F.when(F.col(_CHOSEN), F.col(REJECTED)).otherwise(refused))
    placed = checked.drop(PLACE, _WAS).transform(dedupe.place(contract, plan.newest))
    return placed.withColumn(PLACE, F.when(F.col(_HELD), F.col(PLACE)).otherwise(SUPERSEDED)).drop(
        REJECTED, _HELD
    )


def _judge(contract: Contract, plan: TablePlan, table: DeltaTable, held: DataFrame, meant: Asked):
    """Write the verdict into bronze; the rows as bronze holds them, how many were judged, how many stay."""
    table.ensure(bronze.columns(contract), PLAIN)
    stored = table.frame()
    rows = judged(contract, plan, stored, held, meant)
    count = rows.agg(
        F.count_if(F.col(_CHOSEN)).alias("chosen"),
        F.count_if(F.col(_CHOSEN) & (F.col(PLACE) == QUARANTINED)).alias("stay"),
    ).collect()[0]
    table.replace_windows(rows.select(*stored.columns), plan.window_ids)
    placed = table.frame().where(F.col(WINDOW).isin(list(plan.window_ids)))
    return placed, count["chosen"], count["stay"]


def process(meant: dict[str, Asked]):
    """The work on one table, as `job.run` wants it."""

    def release(
        spark: SparkSession, lake: Lake, planned: TablePlan, loaded_at: datetime, ready: Ready
    ) -> Receipt:
        """Judge held rows again and serve those that pass; the receipt is not written yet.

        landed = quarantined (those that stay) + inserted + updated + superseded (a newer version is served).

        Raises:
            TransformError: the contract or a table is not as it must be, or a rule of severity `fail` broke.
        """
        began, clock = time.monotonic(), Clock()
        contract = planned.contract()
        tables = Tables(spark, lake, contract)
        waiting = tables.of("quarantine", contract.table)
        nothing = Receipt(planned.run_id, planned.batch_id, planned.table, "merged", [])
        if waiting.columns() is None:
            return nothing
        held = waiting.frame()
        there = {row[WINDOW] for row in held.select(WINDOW).distinct().collect()}
        plan = replace(planned, windows=tuple(w for w in planned.windows if w.window_id in there))
        if not plan.windows:
            return nothing
        with clock.step("bronze"):
            bronze_table = tables.of("bronze", contract.table)
            placed, chosen, stay = _judge(contract, plan, bronze_table, held, meant[planned.table])
        work = Batch(contract, plan, placed)
        with clock.step("check"):
            counts = batch.measure(work)
        done, versions = serve(work, counts, tables, clock, ready)
        with clock.step("quarantine"):
            quarantine.write(work, counts, waiting)
        inserted = done.inserted if contract.primary_key else chosen - stay
        return replace(
            nothing, landed=chosen, quarantined=stay, inserted=inserted, updated=done.updated,
            superseded=max(chosen - stay - inserted - done.updated, 0),
            seconds=round(time.monotonic() - began, 3), versions=versions, steps=clock.steps,
        )  # fmt: skip

    return release
