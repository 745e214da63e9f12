"""Where the laptop's stack keeps its state, and where tools are cached.

The state folder holds everything that `highwater up` makes and `highwater destroy` removes; the cache
holds what was downloaded or built once for every project of this user.
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
STACK = "local"


def cache_dir() -> Path:
    """The user's cache: HIGHWATER_CACHE, else XDG_CACHE_HOME/highwater, else ~/.cache/highwater."""
    given = os.environ.get("HIGHWATER_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "highwater"


@dataclass(frozen=True)
class State:
    """The folders of one local stack, under HIGHWATER_STATE or the project's `.highwater`."""

    root: Path

    @classmethod
    def default(cls) -> "State":
        return cls(Path(os.environ.get("HIGHWATER_STATE") or PROJECT / ".highwater").resolve())

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME of the local stack: plugins, and nothing of the user's own."""
        return self.root / "pulumi" / "home"

    @property
    def pulumi_backend(self) -> Path:
        return self.root / "pulumi" / "backend"

    @property
    def pulumi_work(self) -> Path:
        """Working directory of the engine: copies of Pulumi.yaml and Pulumi.local.yaml."""
        return self.root / "pulumi" / "work"

    @property
    def resources(self) -> Path:
        """One JSON file a resource that the local providers hold."""
        return self.root / "resources"

    @property
    def lake(self) -> Path:
        """Storage accounts, each a folder with a folder a container."""
        return self.root / "lake"

    @property
    def postgres(self) -> Path:
        """One folder a flexible server: where its data and socket are."""
        return self.root / "postgres"

    @property
    def databricks(self) -> Path:
        """Workspace files, installed wheels, the Spark server and the logs of job runs."""
        return self.root / "databricks"

    @property
    def serving(self) -> Path:
        """One folder a Synapse workspace: the T-SQL objects of each database."""
        return self.root / "serving"

    @property
    def factory(self) -> Path:
        """Run records and locks of the data factory's runtime."""
        return self.root / "factory"
