"""A process that runs `up` and is killed in the middle: `python estate_victim.py STATE PROJECT`.

Its one script sleeps, so that the engine is in the middle of a resource when the kill comes.
"""

import sys
from pathlib import Path

from pulumi_azure_native import dbforpostgresql, resources

from infra.sql_script import SqlScript, SqlTarget
from local.engine import Engine
from local.state import State


def program() -> None:
    group = resources.ResourceGroup("rg", resource_group_name="rg-test").name
    server = dbforpostgresql.Server(
        "server", resource_group_name=group, server_name="pg", administrator_login="postgres"
    )
    host = server.fully_qualified_domain_name
    SqlScript("slow", SqlTarget("postgresql", host, "postgres", "postgres"), "select pg_sleep(600)")


if __name__ == "__main__":
    Engine(State(Path(sys.argv[1])), program, Path(sys.argv[2])).up(
        lambda step: print(step.name, step.status, flush=True)
    )
