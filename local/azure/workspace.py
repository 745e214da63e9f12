"""The real engine's workspace for the local stack: its files, its environment and its command."""

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from pulumi import automation

from local.azure.environment import engine_environment
from local.azure.install import install_engine, install_plugins
from local.errors import HighwaterError
from local.state import STACK, State

_SETTINGS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # Providers come from this stack's own PULUMI_HOME: never from the PATH, never from the network.
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    # For the host of dynamic resources that the official download brings: the Python that runs now.
    "PULUMI_RUNTIME_VIRTUALENV": sys.prefix,
    "GRPC_ENABLE_FORK_SUPPORT": "false",
}


@contextlib.contextmanager
def opened(state: State, project: Path, program: Callable[[], None] | None) -> Iterator[automation.Stack]:
    """The stack, ready for an operation, while this process's environment is the engine's.

    Args:
        state: where everything of the stack is.
        project: the folder of Pulumi.yaml and Pulumi.local.yaml, which are copied and never written.
        program: what declares the resources; None for a destroy, which needs none.
    """
    install_plugins(state)
    write_settings(state, project)
    engine = install_engine(state, _cli())
    state.pulumi_backend.mkdir(parents=True, exist_ok=True)
    ours = _SETTINGS | {
        "HIGHWATER_STATE": str(state.root),  # for the program's hooks, which act on this very stack
        "PULUMI_HOME": str(state.pulumi_home),
        "PULUMI_BACKEND_URL": backend_url(state),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(state)),
        "PATH": os.pathsep.join([str(engine), os.environ.get("PATH", os.defpath)]),
    }
    with engine_environment(ours):
        workspace = automation.LocalWorkspace(
            work_dir=str(state.pulumi_work),
            pulumi_home=str(state.pulumi_home),
            program=program,
            secrets_provider="passphrase",
            pulumi_command=automation.PulumiCommand(),
        )
        yield automation.Stack.create_or_select(STACK, workspace)


def backend_url(state: State) -> str:
    """Where the engine keeps its checkpoints: files of the state, without the sidecars of their metadata.

    A checkpoint is renamed into place, while its sidecar (`.attrs`, which nothing reads here) is written where it
    lies: a kill in between leaves it empty, and the engine then can't load the whole checkpoint beside it.
    Source: Go CDK, package blob/fileblob, the URL parameter `metadata`.
    """
    return f"file://{state.pulumi_backend}?metadata=skip"


def write_settings(state: State, project: Path) -> None:
    """Copy the project's settings to where the engine may write its salt.

    Raises:
        HighwaterError: there is no Pulumi.yaml, or one of the files is no YAML.
    """
    state.pulumi_work.mkdir(parents=True, exist_ok=True)
    settings = _read(project / "Pulumi.yaml")
    if not settings.get("name"):
        raise HighwaterError(
            f"{project / 'Pulumi.yaml'} names no project", "", "Run from a checkout of the project."
        )
    # The inline program runs in this process: there is no folder to find it in, no environment to make.
    settings.pop("main", None)
    settings["runtime"] = {"name": "python"}
    _write(state.pulumi_work / "Pulumi.yaml", settings)
    file = f"Pulumi.{STACK}.yaml"
    kept = _read(state.pulumi_work / file)
    salt = {key: kept[key] for key in ("encryptionsalt", "secretsprovider") if key in kept}
    _write(state.pulumi_work / file, _read(project / file) | salt)


def _read(file: Path) -> dict:
    try:
        return yaml.safe_load(file.read_text()) or {}
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise HighwaterError(f"{file} can't be read", str(error), "Correct the file.") from error


def _write(file: Path, content: dict) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def _passphrase(state: State) -> Path:
    """The file of this stack's passphrase, made once, for its owner's eyes only."""
    path = state.root / "pulumi" / "passphrase"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(32))
    return path


def _cli() -> Path:
    """The engine's binary, installed when it is missing."""
    from local.toolchain.pulumi_cli import ensure

    return ensure(lambda line: print(line, file=sys.stderr))
