"""Nobody outside this machine reaches a server that the laptop starts."""

import contextlib
import ipaddress
from pathlib import Path

import psutil
import psycopg
import pytest

from local.databricks.server import SparkServer
from local.state import PROJECT


def listens_at(pid: int) -> set[str]:
    """The addresses at which a process and its children listen; a child may end meanwhile (a backend)."""
    server = psutil.Process(pid)
    found = server.net_connections("inet")
    for child in server.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += child.net_connections("inet")
    return {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}


def on_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback


@pytest.mark.postgres
def test_postgresql_listens_on_a_socket_of_its_own_folder_alone(postgres_server):
    with psycopg.connect(postgres_server.conninfo("postgres")) as connection:
        told = "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        addresses, folder = connection.execute(told).fetchone()
    assert (addresses, Path(folder)) == ("", Path(postgres_server.socket_dir))
    pid = int((postgres_server.data / "postmaster.pid").read_text().splitlines()[0])
    assert listens_at(pid) == set()


@pytest.mark.spark
def test_every_port_of_spark_is_on_loopback(laptop):
    server = SparkServer(laptop)
    server.ensure_running()
    found = listens_at(server.pid)
    assert found and all(map(on_loopback, found)), found


def test_no_server_is_told_to_listen_everywhere():
    """The console and the providers of the engine bind what their code says."""
    everywhere = [
        f"{file.relative_to(PROJECT)}: {text}"
        for file in (PROJECT / "local").rglob("*.py")
        for text in ('"0.0.0.0', '"[::]', 'bind(("",', 'host=""')
        if text in file.read_text(encoding="utf-8")
    ]
    assert everywhere == []
    bound = {
        "local/console/server.py": 'HOST = "127.0.0.1"',
        "local/azure/plugin.py": 'add_insecure_port("127.0.0.1:0")',
    }
    for file, text in bound.items():
        assert text in (PROJECT / file).read_text(encoding="utf-8"), file
