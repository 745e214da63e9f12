"""Azure Data Lake Storage Gen2, as a folder: file://... in place of https://ACCOUNT.dfs.core.windows.net/.

https://learn.microsoft.com/azure/data-factory/connector-azure-data-lake-storage
"""

import fnmatch
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.adf.definition.resolve import Connection, Data
from local.adf.errors import ActivityError

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
    if not container or "/" in container or not system.is_dir():
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


def files(data: Data, store: dict) -> list[Path]:
    """The files that a dataset and the store settings of a source name, in order.

    Raises:
        ActivityError: there is none, as in the service.
    """
    folder, file = place(data)
    pattern = store.get("wildcardFileName")
    folders = [folder]
    if store.get("wildcardFolderPath"):
        system = root(data.connection) / str(data.properties["location"]["fileSystem"])
        folders = [one for one in system.glob(str(store["wildcardFolderPath"]).strip("/")) if one.is_dir()]
    if file is not None and not pattern:
        found = [folder / file]
    else:
        deep = bool(store.get("recursive", True))
        found = [
            one
            for start in folders
            for one in (start.rglob("*") if deep else start.glob("*"))
            if fnmatch.fnmatchcase(one.name, str(pattern or "*"))
        ]
    found = sorted(one for one in found if one.is_file())
    if not found:
        wanted = pattern or file or "*"
        raise ActivityError(
            f"The required Blob is missing. Folder: {folder}, file: {wanted}.", "UserErrorFileNotFound"
        )
    return found
