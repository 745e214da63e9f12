"""`python -m local.toolchain.browser`: what the console's tests need, Chromium and axe-core."""

import shutil
import sys
from pathlib import Path

from local.errors import HighwaterError
from local.state import cache_dir
from local.toolchain import apt
from local.toolchain.commands import CommandFailed, run
from local.toolchain.locks import exclusive
from local.toolchain.steps import Report, Steps

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE_VERSION = "4.10.3"


def chromium(report: Report) -> Path:
    """The browser: the machine's own, or Debian's package, installed as root.

    Raises:
        HighwaterError: there is none and none could be installed.
    """
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        try:
            apt.install_one_of(NAMES[:1], report, cache_dir() / "chromium")
        except apt.CannotInstall as error:
            raise HighwaterError(
                "The console can't be tested without Chromium",
                str(error),
                "As root: apt-get install chromium",
            ) from error
        found = shutil.which(NAMES[0])
    return Path(found)


def axe(report: Report) -> Path:
    """axe-core's one file, from its npm package.

    Raises:
        HighwaterError: npm is missing or can't fetch it.
    """
    folder = cache_dir() / "axe-core" / AXE_VERSION
    script = folder / "package" / "axe.min.js"
    with exclusive(folder / ".lock", report, "fetching axe-core"):
        if not script.exists():
            try:
                run(["npm", "pack", "--silent", f"axe-core@{AXE_VERSION}"], report, "fetching axe-core",
                    log=folder / "npm.log", cwd=folder)  # fmt: skip
                run(["tar", "-xzf", f"axe-core-{AXE_VERSION}.tgz", "package/axe.min.js"], report, "unpacking",
                    log=folder / "tar.log", cwd=folder)  # fmt: skip
            except CommandFailed as error:
                raise error.as_error("axe-core can't be fetched", "Install Node.js with npm.") from error
    return script


def main() -> int:
    """Exit status 0 when both are there."""
    steps = Steps()
    for name, ensure in (("chromium", chromium), ("axe-core", axe)):
        try:
            with steps.step(name, announce=False) as step:
                step.result = str(ensure(step.report))
        except HighwaterError as error:
            print(f"setup: {name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
