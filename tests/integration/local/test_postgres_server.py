"""The embedded server: real PostgreSQL, on a socket that only its owner reaches, and gone when destroyed."""

import os
import shutil
import subprocess
import sys

import psutil
import psycopg
import pytest

from local.postgres import PostgresServer

pytestmark = pytest.mark.postgres


def test_a_server_starts_keeps_its_data_over_a_restart_and_leaves_nothing(tmp_path):
    server = PostgresServer(tmp_path / "server")
    server.ensure_running()
    server.create_database("a")
    server.create_database("a")
    with psycopg.connect(server.conninfo("a")) as connection:
        connection.execute("create table t as select 42 as x")
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.conninfo("a"))
    server.ensure_running()
    with psycopg.connect(server.conninfo("a")) as connection:
        assert connection.execute("select x from t").fetchone() == (42,)
        pid = connection.execute("select pg_backend_pid()").fetchone()[0]
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    postmaster = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    server.destroy()
    server.destroy()
    assert not psutil.pid_exists(pid) and not psutil.pid_exists(postmaster)
    assert not server.home.exists() and not server.root.exists() and not server.socket_dir.exists()


def test_a_server_that_was_killed_comes_back_with_what_was_committed(tmp_path):
    server = PostgresServer(tmp_path / "server")
    server.ensure_running()
    with psycopg.connect(server.conninfo("postgres")) as connection:
        connection.execute("create table t as select generate_series(1, 1000) as x")
    server.stop("immediate")
    server.ensure_running()
    with psycopg.connect(server.conninfo("postgres")) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (1000,)
    server.destroy()


def test_only_the_owner_may_enter_the_folder_of_the_socket(postgres_server):
    assert postgres_server.socket_dir.stat().st_mode & 0o077 == 0


def test_two_servers_do_not_meet(tmp_path):
    one, two = PostgresServer(tmp_path / "one"), PostgresServer(tmp_path / "two")
    one.ensure_running()
    two.ensure_running()
    one.create_database("only_in_one")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(two.conninfo("only_in_one"))
    one.destroy()
    two.destroy()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers keep their data outside of their folder")
def test_a_server_whose_folder_was_removed_by_hand_is_swept_by_the_next(tmp_path):
    lost, other = PostgresServer(tmp_path / "lost"), PostgresServer(tmp_path / "other")
    lost.ensure_running()
    postmaster = int((lost.data / "postmaster.pid").read_text().splitlines()[0])
    shutil.rmtree(lost.root)
    other.ensure_running()
    assert not psutil.pid_exists(postmaster) and not lost.home.exists()
    assert other.home.exists()
    other.destroy()


# What a library's fork handlers may do, gRPC's among them: end the child before it becomes the program.
FORKS_CRASH = """
import ctypes, sys
from local.postgres import PostgresServer
libc = ctypes.CDLL(None)
assert libc.__register_atfork(None, None, ctypes.cast(libc.abort, ctypes.c_void_p), None) == 0
PostgresServer(sys.argv[1]).ensure_running()
"""


def test_a_server_starts_from_a_process_whose_forks_would_crash(tmp_path):
    server = PostgresServer(tmp_path / "server")
    command = [sys.executable, "-c", FORKS_CRASH, str(server.root)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(server.conninfo("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.destroy()
