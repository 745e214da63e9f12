"""A copy of the project without the laptop's part, and the real engine with recording providers for it."""

import importlib.metadata
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.azure.environment import without_accounts
from local.toolchain.pulumi_cli import ensure

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
PACKAGES = ("contracts", "infra", "pipelines", "sql", "transforms")
# A login is what is missing, and a start of a trigger needs one: it is written down instead.
PLANE = """
from pathlib import Path

FILE = Path(__file__).with_name("triggers.txt")


class Plane:
    def state(self, trigger_id):
        return "Stopped"

    def start(self, trigger_id):
        with FILE.open("a") as out:
            out.write(f"start {trigger_id}\\n")

    def stop(self, trigger_id):
        raise AssertionError("nothing runs that could be stopped")
"""


@dataclass(frozen=True)
class App:
    """The copy in `root`/app, and what belongs to it beside: Pulumi's home, backend and records."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "app"

    @classmethod
    def make(cls, root: Path) -> "App":
        app = cls(root)
        skip = shutil.ignore_patterns("__pycache__", "*.pyc")
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, app.folder / package, ignore=skip)
        for file in PROJECT.glob("Pulumi*.yaml"):
            shutil.copy(file, app.folder)
        name = yaml.safe_load((app.folder / "Pulumi.yaml").read_text())["name"]
        # The engine's own Python host is not used; the program's Python is the one that runs this.
        (app.folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}))
        (app.folder / "recording_plane.py").write_text(PLANE)
        (root / "backend").mkdir()
        for plugin in ("azure-native", "databricks", "pulumi-python"):
            app._plugin(plugin)
        app._policy_plugin()
        return app

    def _policy_plugin(self) -> None:
        """What starts a policy pack in Python where the engine has no Python host; the CLI brought the like of it."""
        version = importlib.metadata.version("pulumi")
        self._executable(
            "analyzer", "policy-python", version, f'{sys.executable} -u -m pulumi.policy "$1" "$2"'
        )

    def _plugin(self, plugin: str) -> None:
        version = importlib.metadata.version("pulumi" if plugin == "pulumi-python" else f"pulumi-{plugin}")
        words = [sys.executable, "-u", str(HERE / "recording_provider.py"), plugin, version]
        command = f'PYTHONPATH={shlex.quote(str(PROJECT))} exec {shlex.join(words)} "$RECORD" "$@"'
        self._executable("resource", plugin, version, command)

    def _executable(self, kind: str, plugin: str, version: str, command: str) -> None:
        folder = self.root / "home" / "plugins" / f"{kind}-{plugin}-v{version}"
        folder.mkdir(parents=True)
        executable = folder / f"pulumi-{kind}-{plugin}"
        executable.write_text(f"#!/bin/sh\n{command}\n")
        executable.chmod(0o700)

    def environment(self, stack: str, refuse: str = "") -> dict[str, str]:
        """The engine's environment. `refuse`: a type that the providers refuse to make."""
        environment = without_accounts(os.environ) | {
            "HOME": str(self.root),  # whoever runs this may be signed in to Azure
            "HIGHWATER_CACHE": str(self.root / "cache"),
            "PATH": os.pathsep.join([str(Path(ensure(lambda line: None)).parent), "/usr/bin", "/bin"]),
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.root / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "RECORD": str(self.root / f"{stack}.jsonl"),
            "REFUSE": refuse,
        }
        environment.pop("PYTHONPATH", None)
        return environment

    def up(self, stack: str, refuse: str = "") -> subprocess.CompletedProcess[str]:
        """`pulumi up` of a stack with its own settings, but for the trigger plane."""
        return self._run(stack, refuse=refuse)

    def preview(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi preview --policy-pack` of the project's own pack."""
        pack = self.root / "policy"
        if not pack.exists():
            shutil.copytree(PROJECT / "policy", pack, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
        return self._run(stack, "--policy-pack", str(pack), *arguments)

    def _run(self, stack: str, *arguments: str, refuse: str = "") -> subprocess.CompletedProcess[str]:
        (self.folder / "triggers.txt").write_text("")
        own = self.folder / f"Pulumi.{stack}.yaml"
        config = yaml.safe_load(own.read_text())["config"] if own.exists() else {}
        base = yaml.safe_load((self.folder / "Pulumi.dev.yaml").read_text())["config"]
        factory = config.get("highwater:factory", base["highwater:factory"])
        plane = {"trigger_plane": "recording_plane:Plane"}
        own.write_text(yaml.safe_dump({"config": {**config, "highwater:factory": {**factory, **plane}}}))
        return subprocess.run(
            [sys.executable, str(HERE / "program_runner.py"), stack, *arguments],
            cwd=self.folder, env=self.environment(stack, refuse), capture_output=True, text=True, timeout=800,
        )  # fmt: skip

    def made(self, stack: str) -> list[dict]:
        """What the recording providers made, in order: {type, urn, inputs}."""
        return [json.loads(line) for line in (self.root / f"{stack}.jsonl").read_text().splitlines()]

    def started(self) -> list[str]:
        """Names of the triggers that were started, in order."""
        lines = (self.folder / "triggers.txt").read_text().splitlines()
        return [line.rpartition("/")[2] for line in lines]
