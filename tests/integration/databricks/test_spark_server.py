"""The real Spark server: starts once, answers to its token alone, stays on loopback, leaves nothing."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.databricks import spark_options
from local.databricks.connect_rpc import Answer, probe
from local.databricks.process import wait_until
from local.databricks.server import SparkServer
from local.errors import HighwaterError
from local.state import State

pytestmark = pytest.mark.spark


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SparkServer]:
    server = SparkServer(State(tmp_path / "state"))
    yield server
    server.stop()


def _of(folder: Path) -> list[psutil.Process]:
    """Every process that works in the server's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _port(server: SparkServer) -> int:
    assert server.address is not None
    return int(server.address.rstrip("/").rpartition(":")[2])


def test_one_server_for_all_who_ask_at_once_and_nothing_left_after_stop(server: SparkServer):
    addresses: list[str] = []
    threads = [threading.Thread(target=lambda: addresses.append(server.ensure_running())) for _ in range(3)]
    server.start_in_background()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses) == 3
    assert len(set(addresses)) == 1
    assert [process.pid for process in _of(server.folder)] == [server.pid]
    assert server.is_running

    port = _port(server)
    assert probe(port, server.token()) is Answer.OK
    assert probe(port, "another") is Answer.REFUSED
    assert probe(port, None) is Answer.REFUSED
    assert stat.S_IMODE((server.folder / "token").stat().st_mode) == 0o600
    assert server.token() not in " ".join(psutil.Process(server.pid).cmdline())

    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 1
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}

    server.stop()
    assert _of(server.folder) == []
    assert probe(port, "any", timeout=1) is Answer.SILENT
    assert (server.address, server.pid, server.is_running) == (None, None, False)
    assert not (server.folder / "token").exists()
    server.stop()  # once more changes nothing


def test_a_client_with_a_wrong_token_gets_no_session(server: SparkServer):
    address = server.ensure_running().partition(";")[0]
    ask = "from pyspark.sql import SparkSession; print(SparkSession.builder.getOrCreate().range(3).count())"

    def client(**variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", ask],
            env={"PATH": os.environ["PATH"], "SPARK_REMOTE": address, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    refused = client(SPARK_CONNECT_AUTHENTICATE_TOKEN="guessed")
    assert refused.returncode != 0
    assert "Invalid authentication token" in refused.stderr
    token = server.token()
    assert token is not None
    assert client(SPARK_CONNECT_AUTHENTICATE_TOKEN=token).stdout == "3\n"


def test_it_outlives_who_started_it_and_starts_anew_when_killed(server: SparkServer, tmp_path: Path):
    start = "import sys; from pathlib import Path; from local.state import State\n"
    start += "from local.databricks.server import SparkServer\n"
    start += "SparkServer(State(Path(sys.argv[1]))).ensure_running()"
    subprocess.run([sys.executable, "-c", start, str(tmp_path / "state")], check=True, timeout=120)
    first, token = server.pid, server.token()
    assert first is not None
    assert server.is_running
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: server.pid is None, 10)
    assert not server.is_running
    server.ensure_running()
    assert server.is_running
    assert server.pid != first
    assert server.token() != token


def test_a_record_of_a_process_that_is_another_by_now_is_not_believed(server: SparkServer):
    server.folder.mkdir(parents=True)
    record = f'{{"port": 1, "pid": {os.getpid()}, "created": 12345.0}}'
    (server.folder / "server.json").write_text(record)
    assert server.pid is None
    server.stop()
    assert psutil.Process(os.getpid()).is_running()


def test_a_server_that_can_not_start_says_why_and_where_its_log_is(
    server: SparkServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spark_options, "memory_gigabytes", lambda: 10**9)
    with pytest.raises(HighwaterError) as refusal:
        server.ensure_running()
    assert refusal.value.what == "The local Spark server did not start"
    assert "Could not reserve enough space" in refusal.value.why
    assert str(server.log) in refusal.value.next_step


def test_without_java_it_says_what_to_install(
    server: SparkServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    from local.toolchain import java

    monkeypatch.setattr(java, "SYSTEM_JVMS", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("HIGHWATER_CACHE", str(tmp_path / "cache"))
    with pytest.raises(HighwaterError, match="Java 17 or 21") as refusal:
        server.ensure_running()
    assert "make setup" in refusal.value.next_step
    assert _of(server.folder) == []
