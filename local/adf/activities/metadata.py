"""GetMetadata: what is known of a file or folder of the lake.

https://learn.microsoft.com/azure/data-factory/control-flow-get-metadata-activity
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from local.adf.activities.lookups import MAX_BYTES
from local.adf.connectors import lake, relations
from local.adf.connectors.engine import engine
from local.adf.connectors.mapping import TYPES
from local.adf.connectors.rows import size_of
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

FIELDS = ("exists", "itemName", "itemType", "size", "lastModified", "childItems", "contentMD5", "structure",
          "columnCount")  # fmt: skip
_OF_FILES = ("size", "contentMD5", "structure", "columnCount")
_TABULAR = ("Parquet", "DelimitedText")
_INTERIM = {kind: name for name, kind in TYPES.items() if name not in ("guid", "byte array")}
_NAMES = {"datetime": "DateTime", "datetimeoffset": "DateTimeOffset", "sbyte": "SByte", "byte[]": "Byte[]",
          "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64"}  # fmt: skip


@handles("GetMetadata", policy=True, required=("dataset", "fieldList"))
def get_metadata(task: Task) -> dict:
    """The fields that are asked for. An object that is missing fails, unless `exists` is one of them."""
    fields = task.value("fieldList")
    store = task.value("storeSettings", {})
    data = task.data(task.activity.properties["dataset"])
    task.input["dataset"] = data.name
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        raise ActivityError(
            f"'{unknown}' is no metadata of a file in Data Lake Storage; {', '.join(FIELDS)} are."
        )
    folder, file = lake.place(data)
    path = folder if file is None else folder / file
    if not (path.is_dir() if file is None else path.is_file()):
        if "exists" in fields:
            return {"exists": False}
        raise ActivityError(
            f"The required Blob is missing. Folder: {folder}, file: {file or ''}.", "UserErrorFileNotFound"
        )
    output = {name: _field(name, path, data, store) for name in fields}
    if size_of(output) > MAX_BYTES:
        raise ActivityError("The metadata is larger than 4 MB, the most that the activity returns.", "2001")
    return output


def _field(name: str, path: Path, data: Data, store: Mapping) -> object:
    if name == "exists":
        return True
    if path.is_dir() and name in _OF_FILES:
        raise ActivityError(f"'{name}' is metadata of files, and {path.name} is a folder.")
    if path.is_file() and name == "childItems":
        raise ActivityError(f"'childItems' is metadata of folders, and {path.name} is a file.")
    if name in ("structure", "columnCount"):
        found = _structure(path, data)
        return found if name == "structure" else len(found)
    return _READERS[name](path) if name != "childItems" else _children(path, store)


def _modified(path: Path) -> str:
    return dt.datetime.fromtimestamp(int(path.stat().st_mtime), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _md5(path: Path) -> str:
    """Of the bytes themselves: a laptop's file system keeps no such property."""
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode()


_READERS: dict[str, Callable[[Path], object]] = {
    "itemName": lambda path: path.name,
    "itemType": lambda path: "Folder" if path.is_dir() else "File",
    "size": lambda path: path.stat().st_size,
    "lastModified": _modified,
    "contentMD5": _md5,
}


def _children(path: Path, store: Mapping) -> list[dict]:
    """Files and folders by name; files alone when they are filtered by when they were modified."""
    filtered = store.get("modifiedDatetimeStart") or store.get("modifiedDatetimeEnd")
    return [
        {"name": one.name, "type": "Folder" if one.is_dir() else "File"}
        for one in sorted(path.iterdir())
        if not filtered or (one.is_file() and lake.modified_within(one, store))
    ]


def _structure(path: Path, data: Data) -> list[dict]:
    """Name and interim type of each column; every column of a text is a String."""
    if data.type not in _TABULAR:
        raise ActivityError(f"A file of the type {data.type} has no structure and no columnCount.")
    with engine() as database, relations.opened(database, data, {}, path, path.parent) as found:
        return [{"name": name, "type": _type(kind)} for name, kind in found.columns.items()]


def _type(kind: str) -> str:
    name = (
        "decimal"
        if kind.startswith("DECIMAL")
        else _INTERIM.get(kind.replace(" WITH TIME ZONE", "TZ"), "string")
    )
    return _NAMES.get(name, name.capitalize())
