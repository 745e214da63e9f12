"""Delta tables as the serving database meets them: files of a folder, read through DuckDB's extension."""

import importlib.util
import json
from pathlib import Path

import duckdb

from local.errors import HighwaterError

SERVED_READER = 1  # Synapse serverless reads no further


def extension(package: str, name: str) -> Path:
    """The file of a DuckDB extension that came as a PyPI wheel: it loads without a network.

    Raises:
        HighwaterError: the wheel is not there, or is for another DuckDB.
    """
    spec = importlib.util.find_spec(package)
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    file = folder and folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if file is None or not file.exists():
        raise HighwaterError(
            f"DuckDB's {name} extension is missing", f"looked for {file}", "Run `make setup`."
        )
    return file


def exists(folder: Path) -> bool:
    """Whether a first commit has been written."""
    log = folder / "_delta_log"
    return log.is_dir() and (any(log.glob("*.json")) or any(log.glob("*.parquet")))


def reader_version(folder: Path, connection: duckdb.DuckDBPyConnection) -> int:
    """The reader version that the newest protocol of the table asks for.

    Raises:
        HighwaterError: the log holds no protocol at all.
    """
    log = folder / "_delta_log"
    checkpoint = _checkpoint(log)
    commits = sorted(
        (p for p in log.glob("*.json") if p.stem.isdigit() and int(p.stem) > checkpoint), reverse=True
    )
    for commit in commits:
        for line in commit.read_text(encoding="utf-8").splitlines():
            if '"protocol"' in line and "protocol" in (action := json.loads(line)):
                return int(action["protocol"]["minReaderVersion"])
    if checkpoint >= 0:
        files = str(log / f"{checkpoint:020}.checkpoint*.parquet")
        found = connection.execute(
            "select protocol.minReaderVersion from read_parquet(?) where protocol is not null", [files]
        ).fetchone()
        if found is not None:
            return int(found[0])
    raise HighwaterError(f"{folder} is no whole Delta table", "Its log names no protocol.", "Run a reload.")


def _checkpoint(log: Path) -> int:
    pointer = log / "_last_checkpoint"
    return int(json.loads(pointer.read_text(encoding="utf-8"))["version"]) if pointer.exists() else -1


def columns(url: str, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Names and DuckDB types of the table's columns, in order."""
    rows = connection.execute(
        f"describe select * from delta_scan('{url.replace(chr(39), chr(39) * 2)}')"
    ).fetchall()
    return {name: kind for name, kind, *_ in rows}
