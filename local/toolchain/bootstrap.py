"""`python3 -m local.toolchain.bootstrap`: from a bare Python to everything that the laptop needs.

Runs on the machine's own Python with the standard library alone. It makes the project's environment with uv
(the one on PATH, else one installed into that environment), then lets that environment ensure the tools.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from local.errors import HighwaterError
from local.state import PROJECT, cache_dir
from local.toolchain.commands import CommandFailed, ask, run
from local.toolchain.locks import exclusive
from local.toolchain.steps import Report, Steps
from local.toolchain.tool import first_version

OLDEST_UV = (0, 5, 0)  # the first that reads this lock file's workspace
DECIDING = ("uv.lock", "pyproject.toml", "transforms/pyproject.toml")
STAMP = "highwater-setup.json"


def main() -> int:
    """Exit status 0 when everything is there; 1 with what to do otherwise."""
    steps = Steps()
    lock = cache_dir() / "locks" / hashlib.sha256(str(PROJECT).encode()).hexdigest()[:16]
    try:
        with (
            steps.step("python packages", announce=False) as step,
            exclusive(lock, step.report, "setting this project up"),
        ):
            step.result = environment(PROJECT, step.report)
    except HighwaterError as error:
        for line in str(error).splitlines():
            print(f"setup: {line}", file=sys.stderr)
        return 1
    return subprocess.run([python_of(PROJECT), "-m", "local.toolchain"], cwd=PROJECT).returncode


def environment(project: Path, report: Report) -> str:
    """Makes `.venv` what uv.lock says, unless it is already; returns what was done, for people.

    Raises:
        HighwaterError: uv could not be had, or the packages not installed.
    """
    venv = project / ".venv"
    wanted = {"project": str(project), "inputs": fingerprint(project), "bytecode": "compiled"}
    there = _stamp(venv)
    if there == wanted and python_of(project).exists():
        return "as uv.lock says"
    if venv.exists() and not _usable(project, there):
        report("making .venv anew: it was made elsewhere, or its Python does not run")
        shutil.rmtree(venv)
    uv = find_uv() or install_uv(project, report)
    report("installing what uv.lock names (about 700 MB where nothing is cached), then compiling it")
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    env |= {"UV_PROJECT_ENVIRONMENT": str(venv), "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"}
    # Compiled once, here: where Python may not write it beside the sources, every command would compile it anew,
    # which takes `highwater up` four seconds.
    command = [uv, "sync", "--frozen", "--compile-bytecode"]
    command += ["--python", python_of(project) if venv.exists() else sys.executable]
    _run(
        command,
        report,
        "installing and compiling",
        "The Python packages could not be installed",
        project,
        env,
    )
    (venv / STAMP).write_text(json.dumps(wanted))
    return "installed"


def fingerprint(project: Path) -> str:
    """A hash of what decides which packages are in the environment."""
    digest = hashlib.sha256()
    for name in DECIDING:
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def python_of(project: Path) -> Path:
    """The Python of the project's environment."""
    return project / ".venv" / "bin" / "python"


def find_uv() -> Path | None:
    """`uv` from PATH when it is recent enough to read the lock file."""
    found = shutil.which("uv")
    version = first_version(ask([found, "--version"]) or "") if found is not None else None
    return Path(found) if found is not None and version is not None and version >= OLDEST_UV else None


def install_uv(project: Path, report: Report) -> Path:
    """uv inside the project's own environment, which is made when there is none.

    Raises:
        HighwaterError: this Python can't make environments, or pip could not install uv.
    """
    venv = project / ".venv"
    uv = venv / "bin" / "uv"
    if uv.exists():
        return uv
    report("uv is not on PATH: installing it into .venv")
    failed = "The project's own environment could not be made"
    if not venv.exists():
        if find_spec("ensurepip") is None:
            _install_venv(report)
        _run([sys.executable, "-m", "venv", venv], report, "making .venv", failed, project)
    if ask([python_of(project), "-m", "pip", "--version"]) is None:
        _run([python_of(project), "-m", "ensurepip"], report, "adding pip", failed, project)
    _run([python_of(project), "-m", "pip", "install", "uv"], report, "installing uv", failed, project)
    return uv


def _install_venv(report: Report) -> None:
    """Debian keeps what `python3 -m venv` needs in a package of its own; root can install it."""
    package = f"python3.{sys.version_info.minor}-venv"
    what = "This Python can't make environments: its ensurepip is missing"
    by_hand = f"As root: apt-get install {package} (or install uv), then run `make setup` again."
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise HighwaterError(what, sys.executable, by_hand)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    report(f"installing {package}, which this Python needs to make environments")
    update = ["apt-get", "update"]
    install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    for command in (update, install):
        _run(command, report, f"apt-get {command[1]}", what, PROJECT, env, by_hand)


def _usable(project: Path, stamp: dict[str, str] | None) -> bool:
    """Whether an environment can be brought up to date in place: made here, and its Python runs.

    The scripts of an environment name the folder it was made in; a moved one runs another's.
    """
    made_here = stamp is None or stamp.get("project") == str(project)
    return made_here and ask([python_of(project), "-c", "import sys; print(sys.version)"]) is not None


def _stamp(venv: Path) -> dict[str, str] | None:
    try:
        return json.loads((venv / STAMP).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _run(
    command: list[str | Path],
    report: Report,
    doing: str,
    failed: str,
    project: Path,
    env: dict[str, str] | None = None,
    next_step: str = "Check the network (packages come from PyPI), then run `make setup` again.",
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(command, report, doing, log=Path(folder) / "log", cwd=project, env=env)
        except CommandFailed as error:
            raise error.as_error(failed, next_step) from error


if __name__ == "__main__":
    sys.exit(main())
