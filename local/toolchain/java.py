"""Java for Spark: version 17 or 21, with the module that Spark's launcher asks for.

Taken in this order: JAVA_HOME, `java` on PATH, what the system has under /usr/lib/jvm, what an earlier set-up
put into the cache. Another version is never taken, nor a runtime that lacks jdk.incubator.vector.
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import HighwaterError
from local.state import cache_dir
from local.toolchain import java_install
from local.toolchain.commands import ask
from local.toolchain.steps import Report
from local.toolchain.tool import Tool

SUPPORTED = (17, 21)
SYSTEM_JVMS = Path("/usr/lib/jvm")


@dataclass(frozen=True)
class Candidate:
    """A folder that may be a Java, and what pointed to it."""

    home: Path
    origin: str


def ensure(report: Report) -> Path:
    """JAVA_HOME of a Java that Spark runs on; installed when the machine has none.

    Raises:
        HighwaterError: there is none and none could be installed; says what was found and what to do.
    """
    return ensure_tool(report).path


def ensure_tool(report: Report) -> Tool:
    """As `ensure`, with the version and where it comes from."""
    found, refused = _search(os.environ)
    if found is not None:
        return found
    for line in refused:
        report(f"not taken: {line}")
    try:
        java_install.install(report, cached_homes())
    except java_install.CannotInstall as error:
        raise _missing(refused, str(error)) from error
    found, refused = _search(os.environ)
    if found is None:
        raise _missing(refused, "what was installed does not run")
    return found


def require() -> Path:
    """JAVA_HOME of the Java that is there. Installs nothing.

    Raises:
        HighwaterError: no Java 17 or 21; says what was found instead and what to do.
    """
    found, refused = _search(os.environ)
    if found is None:
        raise _missing(refused)
    return found.path


def cached_homes() -> Path:
    """The folder under which set-up puts a Java of its own."""
    return cache_dir() / "java"


def candidates(environ: Mapping[str, str], system: Path, cached: Path) -> list[Candidate]:
    """Where a Java may be, best first, each folder once."""
    found = []
    if environ.get("JAVA_HOME"):
        found.append(Candidate(Path(environ["JAVA_HOME"]), "JAVA_HOME"))
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path is not None:
        found.append(Candidate(Path(on_path).resolve().parent.parent, "PATH"))
    found += [Candidate(path.parent.parent, "system") for path in sorted(system.glob("*/bin/java"))]
    found += [Candidate(path.parent.parent, "cache") for path in sorted(cached.glob("*/bin/java"))]
    unique: dict[Path, Candidate] = {}
    for candidate in found:
        unique.setdefault(candidate.home.resolve(), candidate)
    return list(unique.values())


def choose(offered: list[Candidate]) -> tuple[Tool | None, list[str]]:
    """The first candidate that serves, and why each one before it does not."""
    refused = []
    for candidate in offered:
        java = candidate.home / "bin" / "java"
        said = ask([java, "-version"])
        version = version_of(said or "")
        if version is None:
            refused.append(f"{candidate.home} ({candidate.origin}): bin/java does not tell its version")
        elif major(version) not in SUPPORTED:
            refused.append(f"{candidate.home} ({candidate.origin}): version {version}")
        elif ask([java, "--add-modules", "jdk.incubator.vector", "-version"]) is None:
            refused.append(f"{candidate.home} ({candidate.origin}): lacks the module jdk.incubator.vector")
        else:
            return Tool("Java", version, candidate.home, candidate.origin), refused
    return None, refused


def version_of(said: str) -> str | None:
    """The version in what `java -version` prints, as it stands there: `17.0.15`, `1.8.0_402`, `21`."""
    found = re.search(r'version "([^"]+)"', said)
    return found[1] if found else None


def major(version: str) -> int | None:
    """17 for `17.0.15`, 8 for `1.8.0_402`; None for what is no version."""
    found = re.match(r"(?:1\.)?(\d+)", version)
    return int(found[1]) if found else None


def _search(environ: Mapping[str, str]) -> tuple[Tool | None, list[str]]:
    return choose(candidates(environ, SYSTEM_JVMS, cached_homes()))


def _missing(refused: list[str], problem: str = "") -> HighwaterError:
    why = "; ".join(refused) if refused else "JAVA_HOME, PATH and /usr/lib/jvm hold no Java"
    return HighwaterError(
        "Spark needs Java 17 or 21 and this machine has none that serves",
        f"{why}\n{problem}".rstrip(),
        "Run `make setup`, or install it yourself (`apt-get install openjdk-17-jre-headless` on Debian 12, "
        "openjdk-21-jre-headless on Debian 13) or point JAVA_HOME to one.",
    )
