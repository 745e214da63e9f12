"""Installs one of Debian's packages for the whole machine, as root."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from local.toolchain.commands import CommandFailed, ask, run
from local.toolchain.steps import Report


class CannotInstall(Exception):
    """No way led to a program; the text says which were tried and how each ended."""


def install_one_of(packages: Sequence[str], report: Report, logs: Path) -> None:
    """Install the first of `packages` that is offered; the commands' output goes to files in `logs`.

    Raises:
        CannotInstall: this is no Debian, not root, none is offered, or the installation failed.
    """
    if shutil.which("apt-get") is None:
        raise CannotInstall("Debian's package: there is no apt-get here")
    if os.geteuid() != 0:
        raise CannotInstall("Debian's package: only root may install it")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update"], report, "reading the package lists", log=logs / "apt-update.log", env=env)
        package = next((name for name in packages if _offered(name)), None)
        if package is None:
            raise CannotInstall(f"Debian's package: none of {', '.join(packages)} is offered")
        report(f"installing {package}")
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", package],
            report,
            f"installing {package}",
            log=logs / "apt-install.log",
            env=env,
        )
    except CommandFailed as error:
        raise CannotInstall(f"Debian's package: {error.reason}: {error.tail(3)}") from error


def _offered(package: str) -> bool:
    """Whether apt could install the package; `apt-cache policy` shows `Candidate: (none)` if not."""
    said = ask(["apt-cache", "policy", package], env={**os.environ, "LC_ALL": "C"}) or ""
    return "Candidate:" in said and "Candidate: (none)" not in said
