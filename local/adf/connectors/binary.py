"""Files copied as they are, each to the path that it has below the source's folder (PreserveHierarchy).

https://learn.microsoft.com/azure/data-factory/format-binary
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.adf.connectors import lake
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.stop import Stop

CHUNK = 1 << 20


@dataclass(frozen=True)
class Copied:
    files: int
    bytes: int


def copy(
    origin: Data,
    goal: Data,
    source: Mapping,
    sink: Mapping,
    stop: Stop,
    on_progress: Callable[[int], None],
) -> Copied:
    """Copy every file that the source names, a chunk after the other, under its final name from the start.

    Raises:
        ActivityError: there is no file, or several for one name; it was stopped; a file can't be written.
    """
    store = source.get("storeSettings") or {}
    files, base = lake.files(origin, store), lake.base(origin, store)
    folder, name = lake.place(goal)
    if name is not None and len(files) > 1:
        raise ActivityError(
            f"The source has {len(files)} files, and the dataset '{goal.name}' names one, '{name}'.",
            "UserErrorInvalidSink",
        )
    done = 0
    on_progress(0)
    for file in files:
        target = folder / (name or file.relative_to(base))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as read, target.open("wb") as write:
                while chunk := read.read(CHUNK):
                    if stop.reason is not None:
                        raise ActivityError("The copy was ended.")
                    write.write(chunk)
                    done += len(chunk)
        except OSError as error:
            raise ActivityError(f"Copy to {target} failed: {error.strerror or error}.", "2200") from None
        if target.stat().st_size != file.stat().st_size:
            raise ActivityError(
                f"{target} has not the size of its source.", "DataConsistencySourceDataChanged", "SystemError"
            )
        on_progress(done)
    return Copied(len(files), done)
