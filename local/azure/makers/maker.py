"""What a maker is, and the two folder operations that makers share."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import HighwaterError
from local.state import State

Properties = Mapping[str, Any]


def _nothing(state: State, name: str, properties: Properties) -> None:
    """The resource is only recorded."""


def _as_azure(state: State, name: str, properties: Properties) -> dict[str, Any]:
    """No output of the resource differs on the laptop."""
    return {}


@dataclass(frozen=True)
class Maker:
    """How one type is made and unmade; every function takes the state, the own name and the properties.

    Attributes:
        make: brings the counterpart to its declared state, at create and at update; safe to repeat.
        unmake: removes it with all that it holds; what is gone is gone.
        clear: called before a create: removes what a killed predecessor left, since a new store is empty.
        endpoints: the outputs that differ from Azure's, over which they are laid.
    """

    make: Callable[[State, str, Properties], None] = _nothing
    unmake: Callable[[State, str, Properties], None] = _nothing
    clear: Callable[[State, str, Properties], None] = _nothing
    endpoints: Callable[[State, str, Properties], dict[str, Any]] = _as_azure


def child(folder: Path, name: str) -> Path:
    """The folder of a resource inside `folder`; refuses a name that would lead elsewhere."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise HighwaterError(f"{name!r} can't be a folder's name", "it would lead out of the state folder")
    return folder / name


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, with its parents."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def remove_tree(folder: Path, patience: float = 5.0) -> None:
    """Remove a folder and all in it, also while a process that is ending still writes there.

    Raises:
        HighwaterError: something in it can't be removed.
    """
    deadline = time.monotonic() + patience
    while folder.is_dir():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            if time.monotonic() > deadline:
                raise HighwaterError(
                    f"{folder} can't be removed",
                    str(error),
                    "Remove it by hand, then run `highwater destroy`.",
                ) from error
            time.sleep(0.1)
