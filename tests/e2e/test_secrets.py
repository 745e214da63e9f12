"""Marked secrets stand in the environment of the whole path, and neither they nor the stack's own can be read after it.

The stack's own have one file each, for its owner's eyes: nothing else of the stack, no output and no record has them.
"""

import stat
import subprocess
from pathlib import Path

import pytest
from conftest import environment, highwater

from local.databricks.server import SparkServer

pytestmark = [pytest.mark.e2e, pytest.mark.engine, pytest.mark.spark, pytest.mark.slow]
CANARY = "canary-51d0ae"
VARIABLES = ("PGPASSWORD", "ARM_CLIENT_SECRET", "ARM_ACCESS_KEY", "AZURE_STORAGE_KEY", "AZURE_CLIENT_SECRET",
             "DATABRICKS_TOKEN", "HIGHWATER_SECRET", "GITHUB_TOKEN")  # fmt: skip


def holding(text: str, *folders: Path) -> list[Path]:
    """Files below the folders in which a text can be read."""
    command = ["grep", "-rlaF", "-e", text, *map(str, folders)]
    return [
        Path(line) for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    ]


def test_no_secret_is_in_state_logs_run_records_errors_or_what_is_declared(path, tmp_path):
    state, server = path.stack.state, path.stack.server()
    marked = environment(state) | {name: f"{CANARY}-{name.lower()}" for name in VARIABLES}
    said = ""

    def run(*arguments: str, status: int = 0) -> None:
        nonlocal said
        done = subprocess.run([*highwater(), *arguments], capture_output=True, text=True, env=marked)
        assert done.returncode == status, done.stdout + done.stderr
        said += done.stdout + done.stderr

    SparkServer(state).stop()  # so that the server, too, starts with the marked environment
    run("up")
    run("run", "ingest")
    run("declare", "--stack", "dev", "--out", str(tmp_path / "dev.jsonl"))
    run("sql", "select no_such_column from mart.trip", status=1)
    assert CANARY not in said
    assert holding(CANARY, state.root, server.home, tmp_path) == []

    token, passphrase = SparkServer(state).token(), state.root / "pulumi" / "passphrase"
    for secret in (token, passphrase.read_text()):
        assert len(secret) > 20 and secret not in said
        held = holding(secret, state.root, server.home, tmp_path)
        assert len(held) == 1, held
        assert stat.S_IMODE(held[0].stat().st_mode) == 0o600
