"""Puts the local providers where the engine of the local stack looks for them, and nowhere else."""

import importlib.metadata
import shlex
import sys
from pathlib import Path

from local.state import PROJECT, State

PACKAGES = ("azure-native", "databricks")


def install_plugins(state: State) -> None:
    """Write the providers' executables for this Python and this state; cheap, so done before each operation.

    They go to PULUMI_HOME/plugins under the versions of the installed SDKs, and so does a host for dynamic
    resources, which a CLI without the one that the official download brings finds there too.
    """
    for package in PACKAGES:
        version = _version(package)
        _plugin(state, package, version, "local.azure.plugin", package, version, str(state.root))
    _plugin(state, "pulumi-python", importlib.metadata.version("pulumi"), "local.azure.dynamic_host")


def install_engine(state: State, cli: Path) -> Path:
    """Put a `pulumi` that ends with this process into a folder of the state, and give the folder."""
    folder = state.root / "pulumi" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    tied = Path(__file__).with_name("tied.py")
    command = shlex.join([sys.executable, "-IS", str(tied), str(cli.resolve())])
    _write(folder / "pulumi", f'#!/bin/sh\nexec {command} "$@"\n')
    return folder


def _version(package: str) -> str:
    """The version of the installed SDK, which is the version of the provider that it asks for."""
    return importlib.metadata.version(f"pulumi-{package}")


def _plugin(state: State, name: str, version: str, module: str, *arguments: str) -> None:
    """A plugin's folder, with an executable that runs a module of this project on the present Python."""
    folder = state.pulumi_home / "plugins" / f"resource-{name}-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    command = shlex.join([sys.executable, "-u", "-m", module, *arguments])
    # A shell script and not a shebang: a path may be long or have a space.
    _write(
        folder / f"pulumi-resource-{name}",
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(PROJECT))} exec {command} "$@"\n',
    )


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    file.chmod(0o700)
