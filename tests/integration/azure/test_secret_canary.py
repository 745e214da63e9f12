"""Marked secrets go in wherever a stack may have some, and the real engine leaves none of them readable."""

import subprocess
from pathlib import Path

import pytest
from estate_program import Estate

from local.engine import Engine
from local.errors import HighwaterError
from local.state import State

pytestmark = [pytest.mark.engine, pytest.mark.slow]
CANARY = "canary-7c21be"
VARIABLES = ("PGPASSWORD", "ARM_CLIENT_SECRET", "ARM_ACCESS_KEY", "AZURE_STORAGE_KEY", "DATABRICKS_TOKEN",
             "HIGHWATER_SECRET")  # fmt: skip


def marked(folder: Path) -> list[str]:
    """Files below a folder in which a marked secret can be read."""
    found = subprocess.run(["grep", "-rla", CANARY, str(folder)], capture_output=True, text=True)
    return found.stdout.splitlines()


def test_state_logs_and_errors_have_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"{CANARY}-{name.lower()}")
    monkeypatch.setattr("estate_program.PASSWORD", f"{CANARY}-password")
    wheel, project = tmp_path / "x.whl", tmp_path / "project"
    wheel.write_bytes(b"first")
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: highwater\nruntime: python\nmain: infra\n")
    (project / "Pulumi.local.yaml").write_text("config:\n  azure-native:location: westeurope\n")
    estate, state = Estate(wheel), State(tmp_path / "state")
    engine = Engine(state, estate.program, project)
    try:
        engine.up()
        assert marked(state.root) == []
        estate.script = "select no_such_function()"  # the error path quotes what it was given
        with pytest.raises(HighwaterError) as caught:
            engine.up()
        assert "no_such_function" in str(caught.value)
        assert CANARY not in str(caught.value)
        assert [path for path in marked(tmp_path) if path] == []
    finally:
        engine.destroy()
    shown = capfd.readouterr()
    assert CANARY not in shown.out + shown.err
