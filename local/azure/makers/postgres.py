"""PostgreSQL flexible server -> a real PostgreSQL of its own; database -> a database on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.azure.makers.maker import Maker, Properties, child
from local.state import State

if TYPE_CHECKING:
    from local.postgres import PostgresServer


def server_of(state: State, name: str) -> PostgresServer:
    """The local server that stands for the flexible server of this name."""
    # Late: its client library is half of what a provider loads, and most operations touch no server.
    from local.postgres import PostgresServer

    return PostgresServer(child(state.postgres, name))


def _make_server(state: State, name: str, properties: Properties) -> None:
    server_of(state, name).ensure_running()


def _unmake_server(state: State, name: str, properties: Properties) -> None:
    server_of(state, name).destroy()


def _endpoints(state: State, name: str, properties: Properties) -> dict:
    return {"fullyQualifiedDomainName": str(server_of(state, name).socket_dir)}


def _make_database(state: State, name: str, properties: Properties) -> None:
    server = server_of(state, properties["serverName"])
    server.ensure_running()
    server.create_database(name)


def _unmake_database(state: State, name: str, properties: Properties) -> None:
    server = server_of(state, properties["serverName"])
    if not server.data.is_dir():  # the server is gone, and its databases with it
        return
    server.ensure_running()
    server.drop_database(name)


SERVER = Maker(make=_make_server, unmake=_unmake_server, clear=_unmake_server, endpoints=_endpoints)
DATABASE = Maker(make=_make_database, unmake=_unmake_database, clear=_unmake_database)
