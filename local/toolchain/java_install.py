"""Installs a Java where the machine has none: Debian's package as root, else a download by install-jdk."""

import shutil
import sys
from pathlib import Path

from local.toolchain import apt
from local.toolchain.apt import CannotInstall
from local.toolchain.commands import CommandFailed, run
from local.toolchain.locks import exclusive
from local.toolchain.steps import Report

PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless")
DOWNLOADED_MAJOR = "17"

# In a process of its own: install-jdk has no timeouts, and a host that swallows packets would hang for ever.
_DOWNLOAD = """
import socket, sys
socket.setdefaulttimeout(20)
import jdk
print(jdk.install(sys.argv[1], jre=True, path=sys.argv[2]))
"""


def install(report: Report, cached: Path) -> None:
    """Installs Java for the whole machine (as root on Debian) or into the folder `cached`.

    Raises:
        CannotInstall: neither way worked.
    """
    problems = []
    with exclusive(cached / ".lock", report, "installing Java"):
        for way in (_by_apt, _by_download):
            try:
                return way(report, cached)
            except CannotInstall as error:
                problems.append(str(error))
                report(f"{error}")
    raise CannotInstall("\n".join(problems))


def _by_apt(report: Report, cached: Path) -> None:
    apt.install_one_of(PACKAGES, report, cached)


def _by_download(report: Report, cached: Path) -> None:
    report(f"downloading a Java {DOWNLOADED_MAJOR} runtime with install-jdk")
    unpacked = cached / "unpacking"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    try:
        run(
            [sys.executable, "-c", _DOWNLOAD, DOWNLOADED_MAJOR, unpacked],
            report,
            "downloading Java",
            log=cached / "download.log",
            timeout=600,
        )
        homes = [path.parent.parent for path in unpacked.glob("*/bin/java")]
        if not homes:
            raise CannotInstall("install-jdk: what was downloaded holds no bin/java")
        for home in homes:
            shutil.rmtree(cached / home.name, ignore_errors=True)
            home.rename(cached / home.name)
    except CommandFailed as error:
        raise CannotInstall(f"install-jdk: {error.reason}: {error.tail(1)}") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
