"""What the linked services of an export are on this machine, from a small YAML file.

    Sales:      {postgresql: {host: localhost, port: 5432, database: sales, user: reader,
                              password_env: SALES_PASSWORD}}
    Lake:       {folder: lake}                      # its file systems are the folders in it
    Databricks: {jobs: {"123": python3 merge.py}}   # a command a job id

Names are those of the export's linked services; ${NAME} in a value is an environment variable, and a folder is
looked for from the YAML file on. No secret is in the file: `password_env` names the variable that holds it.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from local.adf.definition import Factory
from local.adf.exports.commands import CommandJobs
from local.adf.exports.reading import Export
from local.errors import HighwaterError

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_EXAMPLES = {
    "AzureDatabricks": '{jobs: {"JOB_ID": "COMMAND"}}',
    "AzurePostgreSql": "{postgresql: {host: localhost, database: NAME, user: NAME, password_env: VARIABLE}}",
}
_KEYS = {"host", "port", "database", "user", "password_env", "sslmode"}
# A folder stands for any store of files: what the dataset says of its place is said in one way.
_STORES = {"AzureBlobStorageLocation": "container", "AzureFileStorageLocation": "fileSystem"}


@dataclass
class Mapped:
    """A factory that can be run, and what runs its jobs (None when no linked service has jobs)."""

    factory: Factory
    jobs: CommandJobs | None = None


@dataclass
class _Services:
    services: dict[str, Mapping] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    commands: dict[str, str] = field(default_factory=dict)
    has_jobs: bool = False


def map_linked_services(export: Export, pipeline: str, linked: Path | None) -> Mapped:
    """The export with its linked services replaced by those of this machine.

    Args:
        pipeline: what is to run: only what it uses has to be mapped.
        linked: the YAML file, None for none.

    Raises:
        HighwaterError: a linked service that it uses is not mapped, or the file is wrong; it says what to write.
    """
    given = {} if linked is None else _read(linked)
    needed = dict.fromkeys(_used(export, pipeline))
    missing = [name for name in needed if name not in given]
    if missing:
        raise HighwaterError(
            f"Linked services of {pipeline} are not mapped to anything on this machine",
            ", ".join(f"{name} ({_type(export, name)})" for name in missing),
            "Write them into a YAML file and give it with --linked:\n"
            + "\n".join(
                f"  {name}: {_EXAMPLES.get(_type(export, name), '{folder: PATH}')}" for name in missing
            ),
        )
    made = _Services()
    for name in needed:
        _one(made, export, name, given[name], linked or Path())
    factory = Factory(
        pipelines=export.pipelines,
        datasets={name: _placed(one, made.folders) for name, one in export.datasets.items()},
        linked_services=made.services,
        name=export.name,
        global_parameters=export.global_parameters,
    )
    return Mapped(factory, CommandJobs(made.commands) if made.has_jobs else None)


def _read(path: Path) -> dict:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HighwaterError(
            f"{path} can't be read", error.strerror or str(error), "Correct the path."
        ) from None
    except yaml.YAMLError as error:
        raise HighwaterError(f"{path} is not YAML", str(error), "Correct it.") from None
    if not isinstance(found or {}, dict):
        raise HighwaterError(
            f"{path} maps no linked services", "it holds no names", "Write NAME: {folder: PATH}."
        )
    return found or {}


def _used(export: Export, pipeline: str) -> Iterator[str]:
    """The linked services that a pipeline uses, through its datasets and the pipelines that it executes too."""
    waiting, seen = [("PipelineReference", pipeline)], set()
    while waiting:
        kind, name = waiting.pop(0)
        if (kind, name) in seen:
            continue
        seen.add((kind, name))
        if kind == "LinkedServiceReference":
            yield name
        holder = {"PipelineReference": export.pipelines, "DatasetReference": export.datasets}.get(kind, {})
        waiting += _references(holder.get(name))


def _references(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, Mapping):
        if isinstance(value.get("referenceName"), str):
            yield str(value.get("type")), value["referenceName"]
        for one in value.values():
            yield from _references(one)


def _inner(definition: Mapping | None) -> Mapping:
    outer = definition or {}
    return outer.get("properties") or outer


def _type(export: Export, name: str) -> str:
    return str(
        _inner(export.linked_services.get(name)).get("type") or "of a type that the export does not tell"
    )


def _one(made: _Services, export: Export, name: str, given: object, place: Path) -> None:
    """Add what one name is mapped to."""
    kinds = {"postgresql": _postgresql, "folder": _folder, "jobs": _jobs}
    if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in kinds:
        raise _wrong(place, name, f"found {given!r}", f"Write one of {', '.join(kinds)}.")
    (kind, value), = given.items()  # fmt: skip
    properties = kinds[kind](made, name, _expanded(value, place, name), place)
    types = {"postgresql": "AzurePostgreSql", "folder": "AzureBlobFS", "jobs": "AzureDatabricks"}
    parameters = _inner(export.linked_services.get(name)).get("parameters") or {}
    made.services[name] = {"type": types[kind], "parameters": parameters, "typeProperties": properties}


def _wrong(place: Path, name: str, why: str, next_step: str) -> HighwaterError:
    return HighwaterError(f"{place} maps {name} to nothing that is known", why, next_step)


def _expanded(value: object, place: Path, name: str) -> object:
    if isinstance(value, Mapping):
        return {key: _expanded(inner, place, name) for key, inner in value.items()}
    if not isinstance(value, str):
        return value

    def variable(found: re.Match) -> str:
        if found[1] not in os.environ:
            raise _wrong(place, name, f"the variable {found[1]} is not set", f"Set {found[1]}.")
        return os.environ[found[1]]

    return _VARIABLE.sub(variable, value)


def _postgresql(made: _Services, name: str, given: object, place: Path) -> dict:
    if not isinstance(given, Mapping) or not given.get("database") or set(given) - _KEYS:
        keys = sorted(given) if isinstance(given, Mapping) else given
        raise _wrong(place, name, f"postgresql takes {', '.join(sorted(_KEYS))}; found {keys}", "Correct it.")
    properties = {
        "server": str(given.get("host") or "localhost"),
        "port": given.get("port") or 5432,
        "database": given["database"],
        "username": given.get("user") or "postgres",
        "sslMode": given.get("sslmode") or "prefer",
    }
    variable = given.get("password_env")
    if variable:
        if variable not in os.environ:
            raise _wrong(
                place, name, f"the variable {variable} is not set", f"Set {variable} to the password."
            )
        properties["password"] = {"type": "SecureString", "value": os.environ[variable]}
    return properties


def _folder(made: _Services, name: str, given: object, place: Path) -> dict:
    path = (place.parent / str(given)).resolve()
    if not path.is_dir():
        raise _wrong(place, name, f"there is no folder {path}", "Make it, or correct the path.")
    made.folders.add(name)
    return {"url": path.as_uri() + "/"}


def _jobs(made: _Services, name: str, given: object, place: Path) -> dict:
    if not isinstance(given, Mapping):
        raise _wrong(place, name, f"jobs takes a command a job id; found {given!r}", "Correct it.")
    made.has_jobs = True
    made.commands |= {str(job): command for job, command in given.items()}
    return {"domain": "https://localhost"}


def _placed(definition: Mapping, folders: set[str]) -> Mapping:
    """A dataset whose store is a folder here, with its location as that of a lake."""
    inner = dict(_inner(definition))
    properties = dict(inner.get("typeProperties") or {})
    location = dict(properties.get("location") or {})
    key = _STORES.get(str(location.get("type")))
    if key is None or (inner.get("linkedServiceName") or {}).get("referenceName") not in folders:
        return definition
    location |= {"type": "AzureBlobFSLocation", "fileSystem": location.pop(key, None)}
    return {"properties": {**inner, "typeProperties": {**properties, "location": location}}}
