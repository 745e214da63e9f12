"""Facts without a window in a run whose dimensions changed: they are completed all the same."""

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame, SparkSession

from highwater_transforms import gold, gold_followers, gold_late
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable
from highwater_transforms.gold_table import Served
from highwater_transforms.lake import Lake
from highwater_transforms.lookup import joined
from highwater_transforms.tables import Clock, Tables


def complete(
    spark: SparkSession, lake: Lake, planned: Collection[str], moved: Mapping[str, int], batch_id: int
) -> list[Contract]:
    """Bring the facts that are not `planned` in this run to the dimensions that moved.

    Args:
        planned: the tables that have windows in the run.
        moved: gold table to version, of the dimensions that changed in the run.

    Returns:
        The contracts of the facts that were looked at.
    """
    found = [c for c in gold_followers.known(spark, lake) if c.table not in planned]
    waiting = [c for c in found if {k.dimension for k in joined(c)} & set(moved)]
    for one in waiting:
        tables = Tables(spark, lake, one)
        gold.serve(tables, tables.dimensions(moved), batch_id, Clock(), _looks_up(one))
    return waiting


def _looks_up(contract: Contract) -> gold.Refresh:
    """Silver has nothing new: only what its rows refer to has."""

    def refresh(table: DeltaTable, served_by: Served, late: DataFrame | None) -> None:
        if late is not None:
            gold_late.merge(contract, table, late, served_by)

    return refresh
