"""Set-up from a bare Python, the summary of the tests, and what Makefile and the runner's script promise."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from local.errors import HighwaterError
from local.state import PROJECT
from local.toolchain import bootstrap, tiers
from local.toolchain.tiers import Tier, closing_line, counted


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the files that decide, and an environment whose Python answers."""
    project = tmp_path / "project"
    for name in bootstrap.DECIDING:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    python = bootstrap.python_of(project)
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 3.11\n")
    python.chmod(0o755)
    return project


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `uv` on PATH that notes what it was asked; returns the file of its notes."""
    notes = tmp_path / "notes"
    executable = tmp_path / "bin" / "uv"
    executable.parent.mkdir()
    executable.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "uv 0.9.1" || echo "$*" >> {notes}\n')
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", f"{executable.parent}:/usr/bin:/bin")
    return notes


def test_a_second_set_up_asks_nobody_until_the_lock_changes(project: Path, uv: Path):
    said: list[str] = []
    assert bootstrap.environment(project, said.append) == "installed"
    assert uv.read_text() == f"sync --frozen --compile-bytecode --python {bootstrap.python_of(project)}\n"
    assert bootstrap.environment(project, said.append) == "as uv.lock says"
    assert len(uv.read_text().splitlines()) == 1
    (project / "uv.lock").write_text("another")
    assert bootstrap.environment(project, said.append) == "installed"
    assert len(uv.read_text().splitlines()) == 2


def test_an_environment_whose_packages_are_not_compiled_is_brought_up_to_date(project: Path, uv: Path):
    before = {"project": str(project), "inputs": bootstrap.fingerprint(project)}
    (project / ".venv" / bootstrap.STAMP).write_text(json.dumps(before))
    assert bootstrap.environment(project, lambda line: None) == "installed"
    assert "--compile-bytecode" in uv.read_text()


def test_an_environment_that_was_made_elsewhere_is_made_anew(project: Path, uv: Path):
    venv = project / ".venv"
    (venv / bootstrap.STAMP).write_text(json.dumps({"project": "/elsewhere", "inputs": "x"}))
    (venv / "stale").touch()
    venv_after = venv / bootstrap.STAMP
    (project.parent / "bin" / "uv").write_text(f"#!/bin/sh\necho 0.9.1; mkdir -p {venv}\n")
    said: list[str] = []
    bootstrap.environment(project, said.append)
    assert said[0] == "making .venv anew: it was made elsewhere, or its Python does not run"
    assert not (venv / "stale").exists()
    assert json.loads(venv_after.read_text())["project"] == str(project)


def test_a_uv_that_is_too_old_is_not_used(project: Path, uv: Path):
    assert bootstrap.find_uv() == project.parent / "bin" / "uv"
    (project.parent / "bin" / "uv").write_text("#!/bin/sh\necho uv 0.4.30\n")
    assert bootstrap.find_uv() is None


def test_a_failed_install_is_no_success_the_next_time(project: Path, uv: Path):
    (project.parent / "bin" / "uv").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "uv 0.9.1" || { echo "no route to host"; exit 2; }\n'
    )
    with pytest.raises(HighwaterError) as refusal:
        bootstrap.environment(project, lambda line: None)
    assert refusal.value.what == "The Python packages could not be installed"
    assert refusal.value.why == "exit status 2\nno route to host"
    assert not (project / ".venv" / bootstrap.STAMP).exists()


def test_without_ensurepip_a_user_is_told_what_root_must_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HighwaterError) as refusal:
        bootstrap.install_uv(tmp_path, lambda line: None)
    assert re.search(r"As root: apt-get install python3\.\d+-venv", refusal.value.next_step)


def tier(name: str, ok: bool = True, **counts: int) -> Tier:
    return Tier(name, **{"passed": 0, "failed": 0, "errors": 0, "skipped": 0, **counts}, seconds=1.25, ok=ok)


def test_the_closing_line_has_pytests_form():
    line = closing_line(
        [tier("unit", passed=400), tier("e2e", passed=12, failed=1, skipped=2, errors=1)], 301.2
    )
    assert line.strip("=") == " 1 failed, 412 passed, 2 skipped, 1 error in 301.20s "
    assert len(line) == 80
    assert closing_line([], 0.0).strip("=") == " no tests ran in 0.00s "


def test_counts_come_from_pytests_report():
    report = '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="1"/></testsuites>'
    assert counted(report) == {"passed": 5, "failed": 2, "errors": 1, "skipped": 1}


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ("def test_a(): pass\ndef test_b(): pass\n", 0, "2 passed"),
        ("def test_a(): pass\ndef test_b(): assert 0\n", 1, "1 failed, 1 passed"),
        ("import nothing_of_the_kind\n", 1, "1 error"),
        ("# no test at all\n", 1, "1 error"),
    ],
)
def test_tiers_end_with_the_right_status_and_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    content: str,
    status: int,
    words: str,
):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "test_sample_of_a_tier.py").write_text(content)
    monkeypatch.setattr(tiers, "TESTS", tmp_path)
    monkeypatch.setattr(tiers, "PROJECT", tmp_path)
    assert tiers.main(["unit"]) == status
    last = capfd.readouterr().out.splitlines()[-1]
    assert re.fullmatch(rf"=+ {words} in [\d.]+s =+", last)


def test_make_alone_prints_every_target():
    makefile = (PROJECT / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert declared is not None
    printed = subprocess.run(["make", "-s"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in printed.splitlines()] == declared[1].split()


def test_without_a_python_make_says_which_is_needed(tmp_path: Path):
    done = subprocess.run(
        ["make", "-s", "setup", "PYTHON="], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr


@pytest.mark.parametrize(
    ("lint", "test", "status"), [("exit 0", "exit 0", 0), ("exit 1", "exit 0", 1), ("exit 0", "exit 1", 1)]
)
def test_the_runners_script_has_the_right_status_and_last_line(
    tmp_path: Path, lint: str, test: str, status: int
):
    # A project whose make targets end as told.
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    script.write_bytes((PROJECT / ".ci" / "run").read_bytes())
    script.chmod(0o755)
    closing = "===== 3 passed in 1.50s ====="
    (tmp_path / "Makefile").write_text(f"lint:\n\t@{lint}\ntest:\n\t@echo '{closing}'; {test}\n")
    done = subprocess.run([script], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stdout.splitlines()[-1] == closing
