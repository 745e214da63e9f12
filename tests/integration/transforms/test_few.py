"""Rows as literals: they stay what they are, and many stay a query."""

import shutil

import pytest
from highwater_transforms import few
from pyspark.errors import PySparkException

pytestmark = pytest.mark.spark

EVERY_TYPE = """
    select * from values
      (1, 9007199254740993, cast('12.30' as decimal(12, 2)), double('NaN'), 'a', true, date'0001-01-01',
       timestamp_micros(-62135596800000000), array('x', null), X'00FF'),
      (null, null, null, double('-Infinity'), '\\u0000ü😀', false, date'9999-12-31',
       timestamp_micros(253402300799999999), array(), null),
      (2, -1, cast('-0.01' as decimal(12, 2)), -0.0d, '', null, null, null, null, X'')
    as t(i, big, amount, ratio, text, flag, day, at, many, bytes)
"""


def test_few_rows_are_literals_of_the_same_values_and_types(spark):
    rows = spark.sql(EVERY_TYPE)
    held = few.literal(rows)
    assert held.schema.simpleString() == rows.schema.simpleString()
    exact = (
        "i",
        "big",
        "amount",
        "string(ratio)",
        "text",
        "flag",
        "day",
        "unix_micros(at)",
        "many",
        "hex(bytes)",
    )
    assert sorted(map(str, held.selectExpr(*exact).collect())) == sorted(
        map(str, rows.selectExpr(*exact).collect())
    )
    none = few.literal(rows.where("i = 3"))
    assert (none.count(), none.schema.simpleString()) == (0, rows.schema.simpleString())


def test_many_or_wide_rows_stay_a_query(spark):
    assert few.literal(spark.range(11), most=10) is None
    assert few.literal(spark.range(10), most=10).count() == 10
    wide = spark.range(40).selectExpr(f"repeat('x', {2**20}) as text")
    assert few.literal(wide) is None and few.if_few(wide) is wide


def test_rows_that_cannot_be_read_are_an_error_of_sparks_on_either_kind_of_it(spark, tmp_path):
    folder = tmp_path / "gone"
    spark.range(3).write.parquet(f"file://{folder}")
    rows = spark.read.parquet(f"file://{folder}")
    shutil.rmtree(folder)
    with pytest.raises(PySparkException) as told:
        few.literal(rows)
    assert f"/{folder.name}" in str(told.value)  # Connect finds the folder gone, classic a file
