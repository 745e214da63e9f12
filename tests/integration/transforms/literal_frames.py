"""Frames whose rows are written in a test, and the contracts and plans that a function over them asks for."""

from highwater_transforms import contract
from highwater_transforms.contract import Contract
from highwater_transforms.plan import TablePlan, Window
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

TAGS = "_window_id bigint, _attempt int, _batch_id bigint, _loaded_at timestamp"
RIDE = "id bigint, zone int, cents bigint, rider string, cancelled boolean, at timestamp"
LOADED = "2024-06-01 00:00:00"


def frame(spark: SparkSession, columns: str, *rows: tuple) -> DataFrame:
    """Rows of these columns, `name type` with commas and blanks between. A time is given as text, in UTC."""
    pairs = [column.split() for column in columns.split(", ")]
    given = ", ".join(f"{name} {'string' if kind == 'timestamp' else kind}" for name, kind in pairs)
    texts = spark.createDataFrame(list(rows), given)
    return texts.select(*(F.col(name).cast(kind).alias(name) for name, kind in pairs))


def tags(window: int, attempt: int = 1) -> tuple:
    """Values of TAGS."""
    return (window, attempt, 1, LOADED)


def day(number: int) -> str:
    """The beginning of a day of January 2024."""
    return f"2024-01-{number:02} 00:00:00"


def parsed(declared) -> Contract:
    """The contract as the job has it."""
    return contract.parse(declared.plan_json())


def planned(declared, *windows: int, kind: str = "live", low=None, high=None) -> TablePlan:
    """A plan of batch 9 over these windows."""
    each = tuple(Window(w, 1, kind, low, high, f"{declared.table}/{w}/1", 1, 1) for w in windows)
    return TablePlan("run", 9, declared.table, declared.plan_json(), each, allow_share=1.0, allow_rows=0)
