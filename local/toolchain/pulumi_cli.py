"""The Pulumi engine: the `pulumi` executable that the Automation API drives.

Taken in this order: `pulumi` from PATH when it is recent enough; what an earlier set-up put into the cache;
the official download; where that can't be had, built from the Go module proxy.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from local.errors import HighwaterError
from local.state import cache_dir
from local.toolchain import pulumi_install
from local.toolchain.commands import ask
from local.toolchain.locks import exclusive
from local.toolchain.steps import Report
from local.toolchain.tool import Tool, Version, first_version

OLDEST: Version = (3, 200, 0)


def ensure(report: Report) -> Path:
    """The `pulumi` executable to use, installed or built when there is none.

    Raises:
        HighwaterError: there is none and none could be had; says what was tried and what to do.
    """
    return ensure_tool(report).path


def ensure_tool(report: Report) -> Tool:
    """As `ensure`, with the version and where it comes from."""
    found, refused = locate(os.environ, cache())
    for line in refused:
        report(f"not taken: {line}")
    if found is not None:
        return found
    with exclusive(cache() / ".lock", report, "installing Pulumi"):
        found, _ = locate(os.environ, cache())
        if found is None:
            found = _install(report)
    return found


def cache() -> Path:
    """One folder a version, with the executable in it (`bin/pulumi` where it is the official one)."""
    return cache_dir() / "pulumi"


def locate(environ: Mapping[str, str], cached: Path) -> tuple[Tool | None, list[str]]:
    """The `pulumi` that is there already, and why others were not taken. Installs nothing."""
    refused = []
    on_path = shutil.which("pulumi", path=environ.get("PATH", ""))
    offered = [(Path(on_path), "PATH")] if on_path is not None else []
    newest_first = sorted(
        cached.glob("*/"), key=lambda folder: first_version(folder.name) or (), reverse=True
    )
    offered += [(folder / name, "cache") for folder in newest_first for name in ("bin/pulumi", "pulumi")]
    for path, origin in offered:
        if origin == "cache" and not path.exists():
            continue
        version = version_of(path)
        if version is None:
            refused.append(f"{path} ({origin}): does not tell its version")
        elif version < OLDEST:
            refused.append(f"{path} ({origin}): {in_dots(version)}, needed is {in_dots(OLDEST)} or newer")
        else:
            return Tool("Pulumi", in_dots(version), path, origin), refused
    return None, refused


def version_of(executable: Path) -> Version | None:
    """What the executable says that it is; None when it does not run or says nothing of the kind."""
    said = ask([executable, "version"], env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})
    return first_version(said or "")


def in_dots(version: Version) -> str:
    return ".".join(str(part) for part in version)


def _install(report: Report) -> Tool:
    problems = []
    for way in (pulumi_install.download, pulumi_install.build):
        try:
            path = way(report, cache())
        except pulumi_install.CannotInstall as error:
            problems.append(str(error))
            report(str(error))
            continue
        version = version_of(path)
        if version is not None:
            return Tool("Pulumi", in_dots(version), path, "installed now")
        problems.append(f"{path}: does not tell its version")
    raise HighwaterError(
        "The Pulumi engine is missing and could not be installed",
        "\n".join(problems),
        f"Install Pulumi {in_dots(OLDEST)} or newer so that `pulumi version` works, or Go so that it can be "
        "built here, then run `make setup` again.",
    )
