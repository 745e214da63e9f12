"""Storage account -> a folder in the lake; container -> a folder in it."""

from pathlib import Path

from local.azure.makers.maker import Maker, Properties, child, make_folder, remove_tree
from local.state import State


def _account(state: State, name: str, properties: Properties) -> Path:
    return child(state.lake, name)


def _container(state: State, name: str, properties: Properties) -> Path:
    return child(child(state.lake, properties["accountName"]), name)


def _endpoints(state: State, name: str, properties: Properties) -> dict:
    # The other services of an account (queue, table, web) are not on the laptop, and a name that resolves to
    # somebody's real account must not be handed out for them.
    root = f"file://{_account(state, name, properties)}/"
    return {"primaryEndpoints": {"blob": root, "dfs": root}}


def _make_account(*of) -> None:
    make_folder(_account(*of))


def _unmake_account(*of) -> None:
    remove_tree(_account(*of))


def _make_container(*of) -> None:
    make_folder(_container(*of))


def _unmake_container(*of) -> None:
    remove_tree(_container(*of))


ACCOUNT = Maker(_make_account, _unmake_account, clear=_unmake_account, endpoints=_endpoints)
CONTAINER = Maker(_make_container, _unmake_container, clear=_unmake_container)
