"""Databricks workspace -> a folder for files, wheels and logs; workspace file -> a file in it.

Jobs are records: the local job runner starts what they declare.
"""

import base64
import os
import shutil
from pathlib import Path, PurePosixPath

from local.azure.makers.maker import Maker, Properties, make_folder, remove_tree
from local.errors import HighwaterError
from local.state import State


def _make_workspace(state: State, name: str, properties: Properties) -> None:
    make_folder(state.databricks / "workspace")


def stop_spark(state: State) -> None:
    """End the job runs of this state, then its Spark server."""
    from local.databricks import runs  # loads Spark's tooling: only when a workspace goes
    from local.databricks.server import SparkServer

    runs.stop_all(state)
    SparkServer(state).stop()


def _unmake_workspace(state: State, name: str, properties: Properties) -> None:
    stop_spark(state)
    remove_tree(state.databricks)


def _endpoints(state: State, name: str, properties: Properties) -> dict:
    return {"workspaceUrl": f"{name}.localhost"}


def workspace_path(state: State, path: str) -> Path:
    """The local file of a workspace path such as `/Shared/wheels/x.whl`."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] != "/" or len(parts) < 2 or ".." in parts:
        raise HighwaterError(
            f"{path!r} is no workspace path",
            "it must begin with / and name a file",
            "Correct the declaration.",
        )
    return state.databricks.joinpath("workspace", *parts[1:])


def _make_file(state: State, name: str, properties: Properties) -> None:
    target = workspace_path(state, properties["path"])
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")  # a reader never meets half a wheel
    if properties.get("contentBase64") is not None:
        fresh.write_bytes(base64.b64decode(properties["contentBase64"]))
    else:
        shutil.copyfile(properties["source"], fresh)
    fresh.replace(target)


def _unmake_file(state: State, name: str, properties: Properties) -> None:
    target = workspace_path(state, properties["path"])
    target.unlink(missing_ok=True)
    top = state.databricks / "workspace"
    for folder in target.parents:  # folders are not resources: an empty one is nobody's
        if folder == top or not folder.is_relative_to(top):
            return
        try:
            folder.rmdir()
        except OSError:  # not empty, or gone
            return


WORKSPACE = Maker(make=_make_workspace, unmake=_unmake_workspace, endpoints=_endpoints)
WORKSPACE_FILE = Maker(make=_make_file, unmake=_unmake_file)
