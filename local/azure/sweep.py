"""The stack's processes and files, without the engine: what runs before an `up`, what goes at the end."""

from local.azure.makers.databricks import stop_spark
from local.azure.makers.maker import remove_tree
from local.azure.makers.postgres import server_of
from local.azure.registry import Registry
from local.errors import HighwaterError
from local.state import State


def wake(state: State) -> None:
    """Start the database servers that were declared: after a restart of the machine they are down.

    An operation that finds them unchanged would not start them, and its SQL scripts need them.

    Raises:
        HighwaterError: a server's data is gone, so what was declared on it is gone too.
    """
    for record in Registry(state).all("azure-native:dbforpostgresql:Server"):
        server = server_of(state, record.name)
        if not server.data.is_dir():
            raise HighwaterError(
                f"The data of the PostgreSQL server {record.name} is gone",
                f"there is no {server.data}",
                "Run `highwater destroy`, then `highwater up`.",
            )
        server.ensure_running()


def end_processes(state: State) -> None:
    """Stop every server of this state and remove what a server keeps outside of it."""
    if state.postgres.is_dir():
        for folder in state.postgres.iterdir():
            server_of(state, folder.name).destroy()
    if state.databricks.is_dir():
        stop_spark(state)


def remove_all(state: State) -> None:
    """Remove the whole state folder, full or not."""
    remove_tree(state.root)
