"""Delete: files and folders of the lake.

https://learn.microsoft.com/azure/data-factory/delete-activity
"""

import csv
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from local.adf.connectors import lake
from local.adf.definition.resolve import Data, connection
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task


@handles("Delete", policy=True, required=("dataset",))
def delete(task: Task) -> dict:
    """Delete what the dataset and the settings name: by default the files of the folder itself alone.

    A whole folder goes with all that is in it when it is deleted recursively without a pattern.
    """
    started = time.monotonic()
    store = task.value("storeSettings", {})
    log = _log_folder(task) if task.value("enableLogging", False) else None
    data = task.data(task.activity.properties["dataset"])
    task.input["dataset"] = data.name
    folder, name = lake.place(data)
    wildcard = bool(store.get("wildcardFileName") or store.get("wildcardFolderPath")) or lake.has_wildcard(
        name
    )
    files, base = _files(data, store), lake.base(data, store)
    deleted = [(file.relative_to(base).as_posix(), "File") for file in files]
    for file in files:
        file.unlink()
    filtered = store.get("modifiedDatetimeStart") or store.get("modifiedDatetimeEnd")
    if name is None and store.get("recursive") and not wildcard and not filtered:
        deleted += _clear(folder, data)
    task.rows = len(files)
    output = {
        "datasetName": data.name,
        "type": f"{data.connection.type}File",
        "recursive": bool(store.get("recursive", False)),
        "isWildcardUsed": wildcard,
        "maxConcurrentConnections": int(store.get("maxConcurrentConnections") or 1),
        "filesDeleted": len(files),
    }
    if log is not None:
        output["logPath"] = _write_log(log / f"{task.run_id}.csv", deleted)
    return {**output, "executionDuration": int(time.monotonic() - started)}


def _files(data: Data, store: Mapping) -> list[Path]:
    """What there is to delete; a folder without a file is no fault."""
    try:
        return lake.files(data, store, recursive=False)
    except ActivityError as error:
        folder, name = lake.place(data)
        if error.code == "UserErrorFileNotFound" and folder.is_dir() and name is None:
            return []
        raise


def _clear(folder: Path, data: Data) -> list[tuple[str, str]]:
    """Remove the empty folders that are left, and the folder itself unless it is the whole file system."""
    below = [one for one in folder.iterdir() if one.is_dir()]
    gone = below if not data.properties["location"].get("folderPath") else [folder]
    for one in gone:
        shutil.rmtree(one)
    return [(one.name, "Folder") for one in gone]


def _log_folder(task: Task) -> Path:
    settings = task.value("logStorageSettings", None)
    if not settings or not settings.get("linkedServiceName") or not settings.get("path"):
        raise ActivityError("enableLogging needs logStorageSettings with a linked service and a path.")
    root = lake.root(connection(task.factory, settings["linkedServiceName"], task.context))
    system, _, rest = str(settings["path"]).strip("/").partition("/")
    path = Path(rest)
    if not (root / system).is_dir() or ".." in path.parts:
        raise ActivityError(f"The path of the log, '{settings['path']}', is in no file system of {root}.")
    return root / system / path


def _write_log(path: Path, deleted: list[tuple[str, str]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Name", "Category", "Status", "Error"])
        writer.writerows([name, category, "Deleted", ""] for name, category in deleted)
    return path.as_uri()
