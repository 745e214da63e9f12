"""The wheel runs on Databricks serverless, which is Spark Connect, and depends on nothing but pyspark."""

import ast
import sys
from pathlib import Path

import highwater_transforms
import pytest

SOURCES = sorted(Path(highwater_transforms.__file__).parent.glob("*.py"))
FORBIDDEN = {
    "rdd", "sparkContext", "SparkContext", "cache", "persist", "unpersist", "checkpoint", "localCheckpoint",
    "createGlobalTempView", "createOrReplaceGlobalTempView", "refreshTable", "refreshByPath", "_jvm", "_jdf", "_sc",
    "input_file_name", "toPandas",
}  # fmt: skip


def names(tree: ast.AST) -> set[str]:
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    return attributes | imported | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def modules(tree: ast.AST) -> set[str]:
    found = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return found | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}


def sets_configuration(tree: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr in ("set", "unset")
        and isinstance(n.value, ast.Attribute) and n.value.attr == "conf"
        for n in ast.walk(tree)
    )  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_nothing_that_serverless_refuses(source):
    text = source.read_text()
    tree = ast.parse(text)
    assert names(tree) & FORBIDDEN == set()
    assert not sets_configuration(tree)
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert [s for s in strings if s.upper().startswith(("SET ", "CACHE ", "REFRESH "))] == []
    own = {m.split(".")[0] for m in modules(tree)} - set(sys.stdlib_module_names)
    assert own <= {"pyspark", "highwater_transforms"}
    assert len(text.splitlines()) <= 250


def test_the_scan_finds_what_it_looks_for():
    bad = ast.parse("df.rdd.map(f); spark.conf.set('a', 'b'); df.cache()\nfrom pyspark import SparkContext")
    assert names(bad) & FORBIDDEN == {"rdd", "cache", "SparkContext"}
    assert sets_configuration(bad)
    assert {p.stem for p in SOURCES} >= {"job", "landing", "silver_scd2", "gold_aggregate"}
