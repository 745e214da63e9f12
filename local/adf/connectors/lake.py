"""Azure Data Lake Storage Gen2, as a folder: file://... in place of https://ACCOUNT.dfs.core.windows.net/.

https://learn.microsoft.com/azure/data-factory/connector-azure-data-lake-storage
"""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.adf.definition.resolve import Connection, Data
from local.adf.errors import ActivityError
from local.adf.expressions import ExpressionError
from local.adf.expressions.functions.timestamps import read as read_time

LINKED_SERVICE = "AzureBlobFS"
LOCATION = "AzureBlobFSLocation"


def root(connection: Connection) -> Path:
    """The folder that stands for the account.

    Raises:
        ActivityError: another type of service, or one that is not on this machine.
    """
    if connection.type != LINKED_SERVICE:
        raise ActivityError(
            f"The linked service '{connection.name}' is of type {connection.type}; "
            f"{LINKED_SERVICE} is needed."
        )
    url = urlsplit(str(connection.properties.get("url") or ""))
    if url.scheme != "file" or url.netloc:
        raise ActivityError(
            f"The linked service '{connection.name}' has the url '{connection.properties.get('url')}'. This "
            "runtime reads and writes on this machine alone: its url must be file:///FOLDER.",
            "UserErrorFailedToConnect",
        )
    return Path(unquote(url.path))


def place(data: Data) -> tuple[Path, str | None]:
    """The folder that a dataset's location names, and its file or None.

    Raises:
        ActivityError: the file system does not exist, or the location points out of it.
    """
    location = data.properties.get("location") or {}
    if location.get("type") != LOCATION:
        raise ActivityError(
            f"The dataset '{data.name}' has a location of type {location.get('type')}; "
            f"{LOCATION} is supported."
        )
    container = str(location.get("fileSystem") or "")
    system = root(data.connection) / container
    if container in ("", ".", "..") or "/" in container or not system.is_dir():
        raise ActivityError(
            f"The file system '{container}' of the dataset '{data.name}' does not exist at {system.parent}.",
            "ADLSGen2OperationFailed",
        )
    folder = system / _inside(data, location.get("folderPath"))
    file = location.get("fileName")
    return (folder, None) if file in (None, "") else (folder, str(_inside(data, file)))


def _inside(data: Data, part: object) -> Path:
    path = Path(str(part or "").strip("/"))
    if path.is_absolute() or ".." in path.parts:
        raise ActivityError(
            f"The location of the dataset '{data.name}' points out of its file system: '{part}'."
        )
    return path


def base(data: Data, store: Mapping) -> Path:
    """The folder that relative paths of a source's files count from."""
    folder, _ = place(data)
    return _system(data) if store.get("wildcardFolderPath") else folder


def files(data: Data, store: Mapping, *, recursive: bool = True) -> list[Path]:
    """The files that a dataset and the store settings of a source name, in order.

    Args:
        recursive: what counts where the settings do not say.

    Raises:
        ActivityError: there is none, as in the service.
    """
    folder, file = place(data)
    pattern = store.get("wildcardFileName") or (file if has_wildcard(file) else None)
    folders = [folder]
    if store.get("wildcardFolderPath"):
        folders = _folders(_system(data), str(store["wildcardFolderPath"]).strip("/"))
    if file is not None and not pattern:
        found = [folder / file]
    else:
        deep = bool(store.get("recursive", recursive))
        wanted = matcher(str(pattern or "*"))
        found = [
            one
            for start in folders
            for one in (start.rglob("*") if deep else start.glob("*"))
            if wanted.fullmatch(one.name)
        ]
    found = sorted({one for one in found if one.is_file() and modified_within(one, store)})
    if not found:
        wanted = pattern or file or "*"
        raise ActivityError(
            f"The required Blob is missing. Folder: {folder}, file: {wanted}.", "UserErrorFileNotFound"
        )
    return found


def _system(data: Data) -> Path:
    return root(data.connection) / str(data.properties["location"]["fileSystem"])


def has_wildcard(name: object) -> bool:
    """Whether a name of a file is a pattern."""
    return isinstance(name, str) and re.search(r"(?<!\^)[*?]", name) is not None


def matcher(pattern: str) -> re.Pattern:
    """`*` is any number of characters of one name, `?` one or none, and `^` takes the next one as it is."""
    parts = re.findall(r"\^.|.", pattern, re.DOTALL)
    wild = {"*": "[^/]*", "?": "[^/]?"}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


def _folders(system: Path, pattern: str) -> list[Path]:
    """The folders below the file system whose path matches, `**` being any number of levels."""
    levels = [level for level in pattern.split("/") if level]
    found = [system]
    for level in levels:
        if level == "**":
            found = [one for start in found for one in (start, *start.rglob("*")) if one.is_dir()]
        else:
            wanted = matcher(level)
            found = [
                one
                for start in found
                for one in start.iterdir()
                if one.is_dir() and wanted.fullmatch(one.name)
            ]
    return found


def modified_within(path: Path, store: Mapping) -> bool:
    """Whether it was last modified at or after modifiedDatetimeStart, and before modifiedDatetimeEnd."""
    at = path.stat().st_mtime
    start, end = (_seconds(store.get(key)) for key in ("modifiedDatetimeStart", "modifiedDatetimeEnd"))
    return (start is None or at >= start) and (end is None or at < end)


def _seconds(value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        moment = read_time("modifiedDatetime", str(value))
    except ExpressionError as error:
        raise ActivityError(error.message, "UserErrorInvalidDateTime") from None
    return moment.clock.replace(tzinfo=dt.UTC).timestamp()
