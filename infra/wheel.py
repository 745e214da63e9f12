"""The Databricks job's wheel, built from transforms/ so that equal sources give equal bytes."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TRANSFORMS = PROJECT / "transforms"


@dataclass(frozen=True)
class BuiltWheel:
    """A wheel on disk and the SHA-256 of its bytes, in hex."""

    path: Path
    digest: str


def _cache() -> Path:
    given = os.environ.get("HIGHWATER_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(given) if given else Path(base) / "highwater") / "wheels"


def sources_digest(root: Path) -> str:
    """SHA-256 over the names and bytes of what goes into the wheel: all files but Python's own."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and "__pycache__" not in relative.parts and path.suffix != ".pyc":
            body = path.read_bytes()
            total.update(f"{relative.as_posix()}\0{len(body)}\0".encode() + body)
    return total.hexdigest()


def build(root: Path = TRANSFORMS, cache: Path | None = None) -> BuiltWheel:
    """Build the wheel, or take the one that was built from the very same sources before.

    Hatchling writes fixed times and modes into the archive, so the bytes depend on the sources alone.

    Args:
        root: the folder with the wheel's pyproject.toml.
        cache: where wheels are kept; HIGHWATER_CACHE, XDG_CACHE_HOME or ~/.cache otherwise.
    """
    folder = (cache or _cache()) / sources_digest(root)
    found = sorted(folder.glob("*.whl"))
    if not found:
        from hatchling.builders.wheel import WheelBuilder

        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix="building-"))
        list(WheelBuilder(str(root)).build(directory=str(fresh), versions=["standard"]))
        try:
            fresh.rename(folder)  # whole or not at all, whoever else builds it at the same time
        except OSError:
            shutil.rmtree(fresh)
        found = sorted(folder.glob("*.whl"))
    (wheel,) = found
    return BuiltWheel(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
