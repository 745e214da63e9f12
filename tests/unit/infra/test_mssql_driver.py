"""The driver of the serverless pool: the token's form, batches, what is tried again and what is not."""

import struct
import sys
from types import SimpleNamespace

import pytest

from infra.errors import InfraError
from infra.sql_drivers import find, installed
from infra.sql_mssql import (
    ACCESS_TOKEN,
    PASSING,
    MssqlSession,
    connection_string,
    connector,
    mssql,
    packed,
    passes,
)
from sql import batches

WARM = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]The SQL pool is warming up. Please try again."


class Recorded:
    """Stands where a connection is, which needs a live pool: notes batches, and fails as it is told to."""

    def __init__(self, failures: list[Exception | None]):
        self.failures, self.ran, self.opened, self.closed = failures, [], 0, 0

    def connect(self) -> "Recorded":
        self.opened += 1
        return self

    def cursor(self) -> "Recorded":
        return self

    def execute(self, batch: str) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.ran.append(batch)

    def nextset(self) -> bool:
        return False

    def close(self) -> None:
        self.closed += 1


def test_the_token_is_length_and_utf_16():
    assert packed("ab") == b"\x04\x00\x00\x00a\x00b\x00"
    token = "eyJ0eXAi" * 200
    assert struct.unpack("<I", packed(token)[:4]) == (2 * len(token),)
    assert packed(token)[4:].decode("utf-16-le") == token


def test_a_connection_is_encrypted_and_names_no_user():
    assert connection_string("w-ondemand.sql.azuresynapse.net", "highwater") == (
        "Server=tcp:w-ondemand.sql.azuresynapse.net,1433;Database=highwater;"
        "Encrypt=yes;TrustServerCertificate=no;"
    )


@pytest.mark.parametrize("database", ["", "a;Encrypt=no", "a{b}", "a=b"])
def test_a_name_that_would_change_the_connection_is_refused(database: str):
    with pytest.raises(InfraError, match="can't be connected to"):
        connection_string("server", database)


def test_each_connection_has_a_token_of_its_own_and_commits_by_itself(monkeypatch: pytest.MonkeyPatch):
    given: list[tuple] = []
    fake = SimpleNamespace(connect=lambda *args, **named: given.append((args, named)) or "connection")
    monkeypatch.setitem(sys.modules, "mssql_python", fake)
    tokens = iter(["one", "two"])
    connect = connector("server", "master", lambda: next(tokens))
    assert (connect(), connect()) == ("connection", "connection")
    assert [args for args, _ in given] == [(connection_string("server", "master"),)] * 2
    assert [named["attrs_before"] for _, named in given] == [
        {1256: packed("one")},
        {1256: packed("two")},
    ]
    assert {named["autocommit"] for _, named in given} == {True}
    assert ACCESS_TOKEN == 1256


def test_the_real_library_takes_what_it_is_given():
    import inspect

    library = pytest.importorskip("mssql_python")
    taken = inspect.signature(library.connect).parameters
    assert {"autocommit", "attrs_before", "timeout"} <= set(taken)
    with pytest.raises(library.Error) as caught:
        library.connect(
            connection_string("127.0.0.1", "x"),
            autocommit=True,
            attrs_before={ACCESS_TOKEN: packed("no token")},
            timeout=1,
        )
    # Nobody listens there; where the driver's own libraries are missing it says so.
    assert not passes(caught.value)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        ("select 1", ["select 1"]),
        ("a\nGO\nb\n", ["a", "b"]),
        ("a\n  go ;\n\nGO\nb\nGO", ["a", "b"]),
        ("select 'GO'\nfrom GO_table\nGOTO x", ["select 'GO'\nfrom GO_table\nGOTO x"]),
    ],
)
def test_batches_are_cut_at_go_alone_on_its_line(script: str, expected: list[str]):
    assert batches.split(script) == expected


def test_every_serving_script_is_cut_as_the_laptop_cuts_it():
    from local.serving import scripts
    from sql import serving

    whole = serving.database_script("https://acct.dfs.core.windows.net/")
    parts = batches.split(whole)
    assert [text for part in parts for _, text in scripts.read(part)] == [
        text for _, text in scripts.read(whole)
    ]
    assert len(parts) == 2 + 1 + 2 + 2 * 2


def test_a_pool_that_warms_up_is_waited_for_on_a_fresh_connection():
    pool = Recorded(
        [RuntimeError(WARM), RuntimeError(WARM), None, RuntimeError("Communication link failure")]
    )
    session = MssqlSession(pool.connect, patience=5, first_wait=0.001)
    session.execute("a\nGO\nb")
    session.close()
    assert pool.ran == ["a", "b"]
    assert (pool.opened, pool.closed) == (4, 3 + 2 + 1)  # each failure closes; so do two cursors and the end


def test_a_wrong_statement_is_not_tried_again():
    pool = Recorded([RuntimeError("Incorrect syntax near 'FORM'.")])
    session = MssqlSession(pool.connect, patience=5, first_wait=0.001)
    with pytest.raises(RuntimeError, match="Incorrect syntax"):
        session.execute("SELECT * FORM x\nGO\nb")
    assert (pool.ran, pool.opened) == ([], 1)


def test_patience_ends():
    pool = Recorded([RuntimeError(WARM)] * 1000)
    with pytest.raises(RuntimeError, match="warming up"):
        MssqlSession(pool.connect, patience=0.05, first_wait=0.01).execute("a")
    assert 2 <= pool.opened < 50


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (WARM, True),
        ("Database 'highwater' on server 'x' is not currently available. Please retry the connection", True),
        ("Transaction (Process ID 52) was deadlocked on lock resources with another process", True),
        ("Could not obtain exclusive lock on database 'model'. Retry the operation later.", True),
        ("[08S01] Communication link failure", True),
        ("Login timeout expired", True),
        # What the driver says where nobody answers, and where nobody listens.
        ("Client unable to establish connection; [Microsoft]TCP Provider: Timeout error [258]. ", True),
        ("Client unable to establish connection; [Microsoft]TCP Provider: Error code 0x2749", False),
        ("Login failed for user '<token-identified principal>'.", False),
        ("Invalid object name 'mart.fact_trip'.", False),
        (
            "Cannot open server 'x' requested by the login. Client with IP address '1.2.3.4' is not allowed",
            False,
        ),
    ],
)
def test_what_passes_by_itself(words: str, expected: bool):
    assert passes(RuntimeError(words)) is expected


def test_the_pool_s_own_number_is_known():
    assert PASSING[42109] == "the sql pool is warming up"


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with pytest.raises(InfraError, match="mssql-python is not installed"), mssql("host", "db", "me"):
        pass


def test_it_is_found_by_its_entry_point():
    assert "mssql" in installed()
    assert find("mssql") is mssql
