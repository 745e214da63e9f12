"""Installs a wheel into a folder of its own, once per content, and finds what it can start.

A wheel of pure Python is a zip archive whose files are its installation (PEP 427): it is unpacked, each file
checked against the wheel's own RECORD, with no installer, no network, and nothing touched outside of its
folder. What it requires is not installed: on the service the runtime brings Spark, here the project does.
"""

import base64
import configparser
import csv
import hashlib
import io
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path, PurePosixPath


class WheelRefused(Exception):
    """A wheel that can't be installed or started; the text names the wheel and what is wrong with it."""


@dataclass(frozen=True)
class Installed:
    """A wheel in its folder.

    Attributes:
        folder: what goes on the Python path.
        name: the distribution's name, as its metadata has it.
        version: likewise.
        scripts: console scripts, `{"name": "module:function"}`.
    """

    folder: Path
    name: str
    version: str
    scripts: dict[str, str]


def install(wheel: Path, libraries: Path) -> Installed:
    """Unpacks `wheel` into `libraries/<hash of its content>`, unless it is there already.

    Raises:
        WheelRefused: no wheel, damaged, with a path that leads outside, or not pure Python.
    """
    try:
        content = wheel.read_bytes()
    except OSError as error:
        raise WheelRefused(f"{wheel}: {error.strerror}") from error
    folder = libraries / hashlib.sha256(content).hexdigest()[:32]
    if not folder.exists():
        libraries.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=libraries, prefix=".unpacking-"))
        try:
            _unpack(wheel.name, content, fresh)
            _put(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return describe(folder)


def describe(folder: Path) -> Installed:
    """What the metadata in an installed wheel's folder says."""
    (info,) = folder.glob("*.dist-info")
    metadata = Parser().parsestr((info / "METADATA").read_text())
    scripts = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    scripts.optionxform = str  # names of scripts keep their case
    scripts.read(info / "entry_points.txt")
    found = dict(scripts["console_scripts"]) if scripts.has_section("console_scripts") else {}
    return Installed(folder, metadata["Name"], metadata["Version"], found)


def is_package(installed: Installed, package: str) -> bool:
    """Whether the wheel is of that package; `a_b`, `A.b` and `a-b` are one name."""
    return _normal(installed.name) == _normal(package)


def entry_point(installed: Installed, name: str) -> tuple[str, str]:
    """The (module, function) that an entry point of this wheel means.

    As on Databricks: a console script of that name in the metadata, else the function `package.name()`.
    """
    target = installed.scripts.get(name)
    if target is None:
        return _normal(installed.name).replace("-", "_"), name
    module, _, function = target.partition(":")
    return module.strip(), function.split("[")[0].strip()


def _unpack(name: str, content: bytes, folder: Path) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        record_name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", n))
        digests = {
            row[0]: row[1] for row in csv.reader(io.StringIO(archive.read(record_name).decode())) if row
        }
        info = Parser().parsestr(archive.read(record_name.replace("RECORD", "WHEEL")).decode())
        files = [member for member in archive.infolist() if not member.is_dir()]
        bodies = {member.filename: archive.read(member) for member in files}
    except (zipfile.BadZipFile, StopIteration, KeyError, UnicodeDecodeError) as error:
        raise WheelRefused(f"{name}: not a wheel, or damaged ({error or 'no RECORD'})") from error
    if info["Root-Is-Purelib"] != "true":
        raise WheelRefused(f"{name}: holds compiled code; only wheels of pure Python run here")
    for path, body in bodies.items():
        _check(name, path, body, digests.get(path), path == record_name)
        target = folder / _placed(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def _check(name: str, path: str, body: bytes, digest: str | None, is_record: bool) -> None:
    """Refuses a member that would land outside, or is not what RECORD says."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise WheelRefused(f"{name}: the path {path} leads outside of the wheel")
    if is_record:
        return
    if digest is None:
        raise WheelRefused(f"{name}: {path} is not in its RECORD")
    algorithm, _, expected = digest.partition("=")
    found = base64.urlsafe_b64encode(hashlib.new(algorithm, body).digest()).rstrip(b"=").decode()
    if found != expected:
        raise WheelRefused(f"{name}: {path} is damaged (its {algorithm} is not the one in RECORD)")


def _placed(path: str) -> PurePosixPath:
    """`x-1.data/purelib/a.py` goes to the root as `a.py`; everything else where it is."""
    parts = PurePosixPath(path).parts
    if len(parts) > 2 and parts[0].endswith(".data") and parts[1] in ("purelib", "platlib"):
        return PurePosixPath(*parts[2:])
    return PurePosixPath(path)


def _put(fresh: Path, folder: Path) -> None:
    """In one step; when another process was first, its copy has the same content and stays."""
    try:
        fresh.chmod(0o755)
        fresh.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
