"""Delta's jars for Spark, fetched once by Spark's own ivy and then passed by path.

Passing paths (`spark.jars`) instead of a package name spares every later start a resolution, and needs no
network. Only what Spark does not bring itself is kept: its class loader asks the parent first, so a second
copy of one of its own libraries would never be used.
"""

import json
import re
import shutil
import tempfile
from importlib.metadata import version as version_of_package
from importlib.util import find_spec
from pathlib import Path

from local.errors import HighwaterError
from local.state import cache_dir
from local.toolchain import ivy, java
from local.toolchain.locks import exclusive
from local.toolchain.steps import Report
from local.toolchain.tool import Tool

DELTA = "io.delta:delta-spark_4.1_2.13:4.3.1"
LIST = "jars.json"


def ensure(report: Report) -> list[Path]:
    """The jars that Spark needs beside its own, as absolute paths; fetched when the cache has none.

    Raises:
        HighwaterError: they could not be fetched, or there is no Java to fetch them with.
    """
    folder = cache()
    kept = read(folder)
    if kept is not None:
        return kept
    with exclusive(folder.parent / ".lock", report, "fetching Delta's jars"):
        kept = read(folder)
        if kept is None:
            _fetch(report, folder)
            kept = read(folder)
    if kept is None:
        raise HighwaterError(
            "Delta's jars are not as they were written", str(folder), "Run `make setup` again."
        )
    return kept


def ensure_tool(report: Report) -> Tool:
    """As `ensure`, as a line of the table of tools."""
    there = read(cache()) is not None
    jars = ensure(report)
    name, version = DELTA.split(":")[1:]
    return Tool("Delta jars", f"{version} ({name})", jars[0].parent, "cache" if there else "installed now")


def require() -> list[Path]:
    """The jars that are there. Fetches nothing.

    Raises:
        HighwaterError: set-up has not fetched them.
    """
    kept = read(cache())
    if kept is None:
        raise HighwaterError("Delta's jars are missing", f"{cache()} holds no whole set", "Run `make setup`.")
    return kept


def spark_home() -> Path:
    """The Spark that comes with the pyspark package. Found without importing it."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise HighwaterError("pyspark is missing", "it is not in this Python's packages", "Run `make setup`.")
    return Path(spec.origin).parent


def cache() -> Path:
    """One folder a pair of versions: another Spark or Delta fetches anew."""
    return cache_dir() / "jars" / f"delta-{DELTA.rpartition(':')[2]}-spark-{version_of_package('pyspark')}"


def read(folder: Path) -> list[Path] | None:
    """The jars that the folder's list names, or None unless every one is there with its size in bytes."""
    try:
        sizes: dict[str, int] = json.loads((folder / LIST).read_text())
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return None
    return [folder / name for name in sorted(sizes)] if sizes and whole else None


def beyond_spark(fetched: list[Path], own: Path) -> list[Path]:
    """Those of `fetched` (ivy's names: `<org>_<artifact>-<version>.jar`) that Spark's folder `own` lacks."""
    brought = {artifact(path.name) for path in own.glob("*.jar")}
    return sorted(path for path in fetched if artifact(path.name.partition("_")[2]) not in brought)


def artifact(file_name: str) -> str:
    """`parquet-column` for `parquet-column-1.16.0.jar`."""
    return re.sub(r"-\d[^-]*(-[A-Za-z0-9.]+)*\.jar$", "", file_name)


def _fetch(report: Report, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as work:
        fetched = ivy.fetch(DELTA, java.require(), spark_home(), Path(work), report)
        needed = beyond_spark(fetched, spark_home() / "jars")
        made = Path(work) / "kept"
        made.mkdir()
        for jar in needed:
            shutil.move(jar, made / jar.name)
        (made / LIST).write_text(json.dumps({jar.name: jar.stat().st_size for jar in sorted(made.iterdir())}))
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
        megabytes = sum(jar.stat().st_size for jar in folder.glob("*.jar")) / 1e6
        report(
            f"kept {len(needed)} of {len(fetched)} jars, {megabytes:.0f} MB; Spark brings the others itself"
        )
