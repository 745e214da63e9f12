"""When packing pays, which columns need statistics, and what is another writer's commit."""

import pytest
from highwater_transforms import maintain_table
from highwater_transforms.delta import DeltaTable
from highwater_transforms.maintain_table import Files
from pyspark.errors import PySparkException

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("count", "size", "partitions", "worth"),
    [
        (0, 0, 0, False),
        (1, 900 * MB, 0, False),
        (16, 16 * MB, 0, False),  # fifteen fewer
        (17, 17 * MB, 0, True),
        (288, 3 * MB, 0, True),  # a day of small merges
        (60, 60 * 100 * MB, 0, False),  # large files, that each merge would have to write again
        (100, 100 * 50 * MB, 0, True),
        (40, 10 * MB, 30, False),  # one file a partition is the least
        (90, 10 * MB, 30, True),
    ],
)
def test_packing_pays_when_it_removes_many_files_and_half_of_them(count, size, partitions, worth):
    assert Files(count, size, partitions).worth_packing is worth


class Conflict(PySparkException):
    def __init__(self, condition: str):
        super().__init__(f"[{condition}] it happened")
        self.condition = condition

    def getCondition(self) -> str:
        return self.condition


class Spark:
    """Stands where a session is: fails so often, and counts."""

    def __init__(self, *conditions: str):
        self.conditions, self.asked = list(conditions), []

    def sql(self, text: str) -> "Spark":
        self.asked.append(text)
        return self

    def collect(self) -> list:
        if self.conditions:
            raise Conflict(self.conditions.pop(0))
        return []


def test_a_conflict_is_tried_again_and_not_for_ever():
    spark = Spark("DELTA_CONCURRENT_DELETE_READ", "DELTA_CONCURRENT_APPEND.WITHOUT_HINT")
    maintain_table.optimize(DeltaTable(spark, "file:///t"), wait=0)
    assert spark.asked == ["OPTIMIZE delta.`file:///t`"] * 3
    spark = Spark(*["DELTA_CONCURRENT_DELETE_READ"] * 9)
    with pytest.raises(Conflict):
        maintain_table.optimize(DeltaTable(spark, "file:///t"), wait=0)
    assert len(spark.asked) == 3
    spark = Spark("DELTA_TRUNCATED_TRANSACTION_LOG")
    with pytest.raises(Conflict):
        maintain_table.optimize(DeltaTable(spark, "file:///t"), wait=0)
    assert len(spark.asked) == 1


def test_a_retention_that_delta_has_anyway_is_not_written():
    spark = Spark()
    maintain_table.vacuum(DeltaTable(spark, "file:///t"), {}, 168)
    assert spark.asked == ["VACUUM delta.`file:///t`"]
    spark = Spark()
    maintain_table.vacuum(DeltaTable(spark, "file:///t"), {}, 240)
    key = "'delta.deletedFileRetentionDuration'='interval 240 hours'"
    assert spark.asked == [
        f"ALTER TABLE delta.`file:///t` SET TBLPROPERTIES ({key})",
        "VACUUM delta.`file:///t`",
    ]
