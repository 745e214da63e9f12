"""What the local stack holds: one JSON file a resource, written by the providers, read by the runtime.

A record is written after the resource's counterpart was made and removed after it was unmade, so what is
listed exists. A reader never sees half a record: a file is written under another name and then renamed.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.state import State

SECRET = "[secret]"


@dataclass(frozen=True)
class Record:
    """One declared resource.

    Attributes:
        id: what the service answers as id: an ARM id, or Databricks' number or path.
        urn: Pulumi's name of it.
        type: Pulumi's token, as `azure-native:datafactory:Pipeline` or `databricks:index/job:Job`.
        name: the resource's own name, as the service knows it.
        inputs: inputs in Pulumi's wire shape; a secret is the text "[secret]".
        outputs: outputs in the same shape, with the laptop's endpoints.
    """

    id: str
    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Registry:
    """The records under `state.resources`."""

    def __init__(self, state: State):
        self.folder = state.resources

    def put(self, record: Record) -> None:
        """Add a record or replace the one with the same type and id, in one step."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp gives mode 0600: a record may describe access, even though it holds no secret.
        handle, fresh = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "w") as out:
                json.dump(asdict(record), out, indent=1, sort_keys=True)
            Path(fresh).replace(self._path(record.type, record.id))
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise

    def get(self, id: str, type: str | None = None) -> Record | None:
        """The record with this id, as Azure compares ids: without regard to case. None when there is none.

        Two Databricks objects of different kinds may have the same id; `type` tells them apart.
        """
        if type is not None:
            return self._read(self._path(type, id))
        return next((record for record in self.all() if record.id.lower() == id.lower()), None)

    def remove(self, id: str, type: str | None = None) -> None:
        """Forget a record. What is gone is gone."""
        record = self.get(id, type)
        if record is not None:
            self._path(record.type, record.id).unlink(missing_ok=True)

    def all(self, type: str | None = None) -> list[Record]:
        """Every record, or those of one type, ordered by type and name."""
        found = [self._read(path) for path in self.folder.glob("*.json")] if self.folder.is_dir() else []
        kept = [record for record in found if record is not None and type in (None, record.type)]
        return sorted(kept, key=lambda record: (record.type, record.name, record.id))

    def _path(self, type: str, id: str) -> Path:
        key = hashlib.sha256(f"{type}\n{id.lower()}".encode()).hexdigest()[:16]
        return self.folder / f"{type.rpartition(':')[2].lower()}-{key}.json"

    def _read(self, path: Path) -> Record | None:
        try:
            return Record(**json.loads(path.read_text()))
        except FileNotFoundError:  # removed since it was listed
            return None
