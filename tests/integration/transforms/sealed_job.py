"""The job in a process that can reach nobody but its Spark server: `sealed_job.py <the job's arguments>`.

The Spark Connect client speaks through gRPC's own sockets, which Python does not see; whatever else opens a connection
goes through Python's, through a client library of PostgreSQL, or through another program. All three are refused, and
the refusals are tried before the job begins. Exit status 3: the seal is not tight.
"""

import importlib
import socket
import subprocess
import sys
from collections.abc import Callable

CLIENTS = ("psycopg", "psycopg2", "psycopg_c", "asyncpg", "pg8000", "pymssql", "pyodbc", "sqlalchemy")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
ADDRESS = ("127.0.0.1", 5432)


class Sealed(BaseException):
    """Not an Exception, so that no handler of the job takes it for a failure that it may survive."""


def refuse(event: str, given: tuple) -> None:
    """An audit hook: Python calls it before it does what the event says."""
    if event == "socket.connect" or event in PROGRAMS:
        raise Sealed(f"{event} {given[1:] if event == 'socket.connect' else given[0]!r}")
    if event == "import" and str(given[0]).partition(".")[0] in CLIENTS:
        raise Sealed(f"import {given[0]}")


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except Sealed:
        return True
    return False


def main() -> int:
    from highwater_transforms import job

    sys.addaudithook(refuse)
    attempts = (
        lambda: socket.create_connection(ADDRESS, timeout=1),
        lambda: importlib.import_module("psycopg"),
        lambda: subprocess.run(["psql", "--version"], check=False),
    )
    if not all(_refused(attempt) for attempt in attempts):
        return 3
    job.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
