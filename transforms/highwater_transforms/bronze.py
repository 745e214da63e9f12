"""Bronze: every row as it landed, by window, with the verdict on it. A window that lands again replaces its rows.

The verdict is kept since everything after reads it: judging and deduplicating once is cheaper than in each step.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms import few
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import PLACE
from highwater_transforms.delta import PLAIN, DeltaTable
from highwater_transforms.plan import TablePlan
from highwater_transforms.quality import BROKEN
from highwater_transforms.statistics import searched
from highwater_transforms.system import POISON, TAGS, WINDOW, Columns


def columns(contract: Contract) -> Columns:
    """Name and Spark type: the contract's columns, _window_id, _attempt, _batch_id, _loaded_at, _poison,
    _broken, _place."""
    return (
        *((c.name, c.type) for c in contract.columns),
        *TAGS,
        (POISON, "string"),
        (BROKEN, "array<string>"),
        (PLACE, "string"),
    )


def write(rows: DataFrame, contract: Contract, plan: TablePlan, table: DeltaTable) -> DataFrame:
    """Keep the judged rows of the plan's windows, and give them back as bronze holds them."""
    judged = rows.select(*(n for n, _ in columns(contract)))
    few_rows = few.literal(judged) if sum(w.rows for w in plan.windows) <= few.MOST else None
    judged = judged if few_rows is None else few_rows
    if table.adapt(columns(contract)):
        table.replace_windows(judged, plan.window_ids, checked=not contract.primary_key)
    else:
        table.begin(judged, PLAIN | searched(contract, columns(contract)))
    if few_rows is not None:
        return few_rows
    return table.frame().where(F.col(WINDOW).isin(list(plan.window_ids)))
