"""Two ways to a `pulumi` executable: the official download, and a build from the Go module proxy."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from local.toolchain.commands import CommandFailed, ask, run
from local.toolchain.steps import Report

VERSION = "3.259.0"  # the newest that Go module proxies are known to serve
PKG = "github.com/pulumi/pulumi/pkg/v3"
SDK = "github.com/pulumi/pulumi/sdk/v3"

# pkg's own go.mod has this replace line, and Go heeds replace lines of the main module alone.
GO_MOD = """\
module build
replace github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e
"""

# In a process of its own: the Automation API's download sets no timeout.
_DOWNLOAD = """
import socket, sys
socket.setdefaulttimeout(10)
from pulumi.automation import PulumiCommand
from semver import VersionInfo
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""


class CannotInstall(Exception):
    """This way did not lead to an executable; the text says why."""


def download(report: Report, cache: Path) -> Path:
    """The official release through the Automation API, as `<cache>/official-<version>/bin/pulumi`.

    Raises:
        CannotInstall: the host can't be reached, or the installer failed.
    """
    report(f"downloading Pulumi {VERSION}")
    target = cache / f"official-{VERSION}"
    with tempfile.TemporaryDirectory(dir=_folder(cache), prefix=".download-") as work:
        try:
            run(
                [sys.executable, "-c", _DOWNLOAD, Path(work) / "root", VERSION],
                report,
                "downloading Pulumi",
                log=Path(work) / "download.log",
                timeout=300,
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            )
        except CommandFailed as error:
            raise CannotInstall(f"official download: {error.reason}: {error.tail(1)}") from error
        _put(Path(work) / "root", target)
    return target / "bin" / "pulumi"


def build(report: Report, cache: Path) -> Path:
    """Built from source, as `<cache>/<version>/pulumi`. Takes minutes the first time, seconds after.

    Raises:
        CannotInstall: there is no Go, or it could not get or build the module.
    """
    go = find_go()
    if go is None:
        raise CannotInstall("build from source: there is no Go on PATH or in /usr/local/go")
    report(f"building Pulumi {VERSION} from source with {go} (about 5 minutes the first time, 112 MB)")
    target = cache / VERSION
    with tempfile.TemporaryDirectory(dir=_folder(cache), prefix=".build-") as work:
        folder = Path(work)
        (folder / "go.mod").write_text(GO_MOD)
        modules = [f"{PKG}@v{VERSION}", f"{SDK}@v{VERSION}"]
        # Without the version the Automation API refuses the executable.
        stamp = f"-s -w -X {SDK}/go/common/version.Version=v{VERSION}"
        made = folder / "out" / "pulumi"
        compile_it = ["build", "-ldflags", stamp, "-o", made, f"{PKG}/cmd/pulumi"]
        _go(go, ["get", *modules], report, "fetching the modules", folder)
        _go(go, compile_it, report, "compiling", folder, _progress_of(folder / "tmp"))
        _put(made.parent, target)
    return target / "pulumi"


def find_go() -> Path | None:
    """`go` from PATH, else where Go's own installer puts it; None when neither runs."""
    for found in (shutil.which("go"), "/usr/local/go/bin/go"):
        if found is not None and ask([found, "version"]) is not None:
            return Path(found)
    return None


def _go(
    go: Path,
    arguments: list[str | Path],
    report: Report,
    doing: str,
    folder: Path,
    detail: Callable[[], str] | None = None,
) -> None:
    (folder / "tmp").mkdir(exist_ok=True)
    env = {**os.environ, "GOFLAGS": "-mod=mod", "GOTMPDIR": str(folder / "tmp"), "GOWORK": "off"}
    try:
        run(
            [go, *arguments],
            report,
            doing,
            log=folder / f"go-{arguments[0]}.log",
            timeout=3600,
            env=env,
            cwd=folder,
            detail=detail,
        )
    except CommandFailed as error:
        raise CannotInstall(
            f"build from source: go {arguments[0]}: {error.reason}: {error.tail(5)}"
        ) from error


def _progress_of(go_tmp: Path) -> Callable[[], str]:
    """What a silent compiler can be seen doing: Go makes a numbered folder a package while it works."""

    def count() -> str:
        return f"{sum(1 for _ in go_tmp.glob('go-build*/b*'))} packages compiled"

    return count


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _put(made: Path, target: Path) -> None:
    """Into its place in one step: a half-copied executable is never there to be run."""
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)
