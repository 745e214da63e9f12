"""Removes a stack and then looks whether anything of it is left: the one on the laptop.

What `highwater destroy` does ends with trust in what was deleted; a teardown ends with a search. It may be run
at any time: on a stack that is whole, half deployed, broken, already gone.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.names import Names
from infra.settings import from_config, stack_file
from infra.trigger_plane import STOPPED, TOKEN
from local.azure.makers.postgres import server_of
from local.azure.registry import Registry
from local.azure.steps import OnStep
from local.azure.trigger_states import TriggerStates
from local.engine import Engine
from local.postgres import PostgresServer
from local.state import STACK, State

_PATIENCE = 10.0  # the engine of a killed command ends a moment after it


@dataclass(frozen=True)
class Teardown:
    """What a teardown did, and what it found afterwards.

    Attributes:
        stack: the stack's name.
        deleted: resources that the engine deleted.
        left: what is still there, each by name; empty is the proof that nothing is.
        unproved: what could not be looked for, and why.
        seconds: how long it took.
    """

    stack: str
    deleted: int
    left: tuple[str, ...]
    unproved: tuple[str, ...]
    seconds: float


def teardown(engine: Engine, on_step: OnStep | None = None) -> Teardown:
    """Stop the triggers, destroy the local stack, and look for files, processes and records of it.

    Raises:
        StackInUse: another command is changing the stack.
        HighwaterError: a file can't be removed.
    """
    began, state = time.monotonic(), engine.state
    servers = _servers(state)
    users = list(_processes(_folders(state, servers)))  # once its files are gone nothing tells whose they are
    for trigger in Registry(state).all(TOKEN):  # what watches them starts no further run
        TriggerStates(state).set(trigger.name, STOPPED)
    summary = engine.destroy(on_step)
    left = tuple(search(state, servers, users))
    return Teardown(STACK, summary.deleted, left, (), time.monotonic() - began)


def _servers(state: State) -> list[PostgresServer]:
    """Every database server that this state has or, by its declared name, may have had."""
    names = {folder.name for folder in state.postgres.iterdir()} if state.postgres.is_dir() else set()
    settings = from_config(STACK, stack_file(STACK))
    names.add(Names(settings.organisation, settings.stack).of("postgres_server"))
    return [server_of(state, name) for name in sorted(names)]


def _folders(state: State, servers: list[PostgresServer]) -> list[Path]:
    return [state.root, *(folder for server in servers for folder in (server.home, server.socket_dir))]


def search(
    state: State, servers: list[PostgresServer], users: list[tuple[psutil.Process, str]]
) -> Iterator[str]:
    """Each folder and process that is left of a local stack, in words.

    Args:
        users: processes that used it, with their command lines; those that still run are left.
    """
    folders = _folders(state, servers)
    for folder in folders:
        if folder.exists():
            files = sum(path.is_file() for path in folder.rglob("*"))
            yield f"folder {folder}, with {files} files"
    known = dict(users)
    known |= dict(_processes(folders))
    _, alive = psutil.wait_procs(list(known), timeout=_PATIENCE)
    for process in alive:
        yield f"process {process.pid}: {known[process][:120]}"


def _processes(folders: list[Path]) -> Iterator[tuple[psutil.Process, str]]:
    """Processes that name one of the folders or have a file open in it; this one and its parents are none."""
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    prefixes = tuple(f"{folder}/" for folder in folders)
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            words = process.cmdline()
            named = any(prefix in f"{word}/" for word in words for prefix in prefixes)
            if named or any(file.path.startswith(prefixes) for file in process.open_files()):
                yield process, " ".join(words)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
