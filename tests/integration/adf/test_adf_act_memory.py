"""A Copy takes the same memory whatever the size of its source.

https://learn.microsoft.com/azure/data-factory/copy-activity-overview
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
PROGRAM = """
import resource, sys
from pathlib import Path
import duckdb
sys.path.insert(0, sys.argv[4])
from lakelab import LakeLab, dataset

kind, rows, lab = sys.argv[1], int(sys.argv[2]), LakeLab(Path(sys.argv[3]))
(lab.box / "in").mkdir()
text = "some words that make the line a good deal longer than it need be "
if kind == "text":
    with (lab.box / "in/a.csv").open("w") as file:
        file.write("a,b\\n")
        file.writelines(f"{number},{text}{number}\\n" for number in range(rows))
    origin = dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True)
else:
    from local.adf.connectors.engine import engine

    select = f"select i as a, '{text}' || hash(i) as b from range({rows}) t(i)"
    with engine() as database:
        database.execute(f"COPY ({select}) TO '{lab.box}/in/a.parquet' (FORMAT parquet)")
    origin = dataset("Parquet", "in", "a.parquet")
parts = {"formatSettings": {"maxRowsPerFile": 150_000}} if kind == "parts" else {}
ended = lab.copy(origin, dataset("Parquet", "out", None if parts else "b.parquet"), None, parts)
assert ended.error is None and ended.output["rowsCopied"] == rows, ended.error
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def megabytes(kind: str, rows: int, folder: Path) -> int:
    """The most memory that a process had which copied so many rows."""
    folder.mkdir()
    command = [sys.executable, "-c", PROGRAM, kind, str(rows), str(folder), str(PROJECT / "tests/unit/adf")]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text", "parquet", "parts"])
def test_memory_does_not_grow_with_the_source(tmp_path, kind):
    small, large = (megabytes(kind, rows, tmp_path / str(rows)) for rows in (400_000, 1_600_000))
    assert large - small < 50, (small, large)
