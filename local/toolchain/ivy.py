"""Fetches a Maven artefact with all it depends on, through the ivy that is part of Spark.

Ivy reads the user's Maven folder too (~/.m2/repository). One that another tool left half filled, with a
description but without its jar, makes ivy give up instead of downloading: then it runs without that folder.
"""

import os
import re
from pathlib import Path

from local.toolchain.commands import CommandFailed, run
from local.toolchain.steps import Report


def fetch(
    coordinates: str, java_home: Path, spark_home: Path, work: Path, report: Report, home: Path | None = None
) -> list[Path]:
    """The jars of `org:name:version` and of what it needs, in a folder under `work`.

    Args:
        work: a folder for ivy's own files and the jars; the user's ~/.ivy2 is not touched.
        home: whose .m2 is read; the user's own unless given.

    Raises:
        HighwaterError: it could not be fetched; names the folder to clear when a half-filled ~/.m2 is why.
    """
    home = home or Path.home()
    report(f"fetching {coordinates} with what it needs (about 90 MB)")
    try:
        return _resolve(coordinates, java_home, spark_home, work / "ivy", report, home)
    except CommandFailed as error:
        culprits = half_filled(error.output, home)
        if not culprits:
            raise error.as_error(
                f"Delta's jars could not be fetched ({coordinates})",
                "Check that a Maven repository can be reached from here, then run `make setup` again.",
            ) from error
    named = ", ".join(str(folder) for folder in culprits)
    report(
        f"half-filled Maven folder (a description without its jar): {named}; trying without {home / '.m2'}"
    )
    try:
        return _resolve(coordinates, java_home, spark_home, work / "ivy-alone", report, work)
    except CommandFailed as error:
        raise error.as_error(
            f"Delta's jars could not be fetched ({coordinates})",
            f"Clear what another tool left half filled ({named}), then run `make setup` again.",
        ) from error


def _resolve(
    coordinates: str, java_home: Path, spark_home: Path, ivy_home: Path, report: Report, home: Path
) -> list[Path]:
    """One attempt. spark-submit resolves the package, then runs a script that does nothing."""
    ivy_home.mkdir(parents=True)
    nothing = ivy_home / "nothing.py"
    nothing.write_text("")
    own = {
        key: value
        for key, value in os.environ.items()
        if key not in ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
    }
    env = {
        **own,
        "JAVA_HOME": str(java_home),
        "SPARK_HOME": str(spark_home),
        "SPARK_SUBMIT_OPTS": f"{own.get('SPARK_SUBMIT_OPTS', '')} -Duser.home={home}".strip(),
    }
    settings = ["--conf", f"spark.jars.ivy={ivy_home}", "--packages", coordinates]
    output = run(
        [spark_home / "bin" / "spark-submit", *settings, nothing],
        report,
        "downloading",
        log=ivy_home / "ivy.log",
        timeout=1200,
        env=env,
        detail=lambda: f"{len(list((ivy_home / 'cache').glob('*/*')))} artefacts resolved",
    )
    jars = list((ivy_home / "jars").glob("*.jar"))
    if not jars:
        raise CommandFailed("ivy brought no jar", output)
    return jars


def half_filled(output: str, home: Path) -> list[Path]:
    """The artefact folders of `home`/.m2 that made ivy fail: named in its failures, with a pom but no jar.

    Ivy lists failed downloads as `:: org.example#thing;1.2!thing.jar`.
    """
    folders = []
    for org, name, version in re.findall(r"::\s+([\w.\-]+)#([\w.\-]+);([\w.\-]+)!", output):
        folder = home / ".m2" / "repository" / Path(*org.split(".")) / name / version
        if list(folder.glob("*.pom")) and not list(folder.glob("*.jar")) and folder not in folders:
            folders.append(folder)
    return folders
