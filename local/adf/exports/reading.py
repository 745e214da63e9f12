"""Reads an export: one pipeline's file, a folder as a factory keeps it in Git, or an ARM template.

https://learn.microsoft.com/azure/data-factory/source-control
https://learn.microsoft.com/azure/data-factory/continuous-integration-delivery
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.adf.exports import arm
from local.errors import HighwaterError

_FOLDERS = {"pipeline": "pipelines", "dataset": "datasets", "linkedService": "linked_services"}
_TEMPLATES = ("ARMTemplateForFactory.json", "arm_template.json")


@dataclass
class Export:
    """What an export holds, by name, each part as ARM has it.

    Attributes:
        name: the factory's, as far as the export tells.
        chosen: the pipeline whose file was named, None when a whole factory was.
    """

    pipelines: dict[str, Mapping] = field(default_factory=dict)
    datasets: dict[str, Mapping] = field(default_factory=dict)
    linked_services: dict[str, Mapping] = field(default_factory=dict)
    global_parameters: dict[str, object] = field(default_factory=dict)
    name: str = "factory"
    chosen: str | None = None

    def main(self, wanted: str | None) -> str:
        """The pipeline to run: the one that is wanted, or the only one that no other executes.

        Raises:
            HighwaterError: there is no such pipeline, or more than one may be meant.
        """
        wanted = wanted or self.chosen
        names = ", ".join(sorted(self.pipelines)) or "none"
        if wanted is not None:
            if wanted not in self.pipelines:
                raise HighwaterError(
                    f"The export has no pipeline {wanted}", f"it has: {names}", "Name one of them."
                )
            return wanted
        executed = {name for one in self.pipelines.values() for name in _executed(one)}
        left = [name for name in self.pipelines if name not in executed]
        if len(left) != 1:
            raise HighwaterError(
                "Which pipeline is to run can't be told",
                f"the export has: {names}",
                "Name one: --pipeline NAME.",
            )
        return left[0]


def read_export(path: Path) -> Export:
    """The export in a file or folder.

    Raises:
        HighwaterError: it is not there, not JSON, or nothing that a factory exports.
    """
    if path.is_dir():
        template = next((path / name for name in _TEMPLATES if (path / name).is_file()), None)
        if template is not None:
            return _template(template)
        if not (path / "pipeline").is_dir():
            raise HighwaterError(
                f"{path} is no factory", "it has no folder `pipeline` and no ARM template",
                "Give a pipeline's JSON, the folder that the factory is in, or an exported template.",
            )  # fmt: skip
        return _folder(path)
    document = read_json(path)
    if "resources" in document:
        return _template(path)
    if not _is_pipeline(document):
        raise HighwaterError(
            f"{path} is no pipeline", "it has neither activities nor resources",
            "Give a pipeline's JSON, the folder that the factory is in, or an exported template.",
        )  # fmt: skip
    name = str(document.get("name") or path.stem)
    if path.parent.name == "pipeline":
        export = _folder(path.parent.parent)
        export.chosen = name
        return export
    return Export(pipelines={name: document}, chosen=name)


def read_json(path: Path) -> dict:
    """A file's JSON object.

    Raises:
        HighwaterError: it can't be read, or is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise HighwaterError(
            f"{path} can't be read", error.strerror or str(error), "Correct the path."
        ) from None
    except ValueError as error:
        raise HighwaterError(f"{path} is not JSON", str(error), "Export it again.") from None
    if not isinstance(found, dict):
        raise HighwaterError(f"{path} is no pipeline", "it holds no JSON object", "Export it again.")
    return found


def _is_pipeline(document: Mapping) -> bool:
    inner = document.get("properties")
    return "activities" in (inner if isinstance(inner, Mapping) else document)


def _folder(root: Path) -> Export:
    export = Export(name=root.resolve().name)
    for folder, kind in _FOLDERS.items():
        for path in sorted((root / folder).glob("*.json")):
            document = read_json(path)
            getattr(export, kind)[str(document.get("name") or path.stem)] = document
    for path in sorted((root / "factory").glob("*.json")):
        document = read_json(path)
        export.name = str(document.get("name") or path.stem)
        export.global_parameters = _values((document.get("properties") or {}).get("globalParameters"))
    return export


def _values(specifications: Mapping | None) -> dict[str, object]:
    return {name: one.get("value") for name, one in (specifications or {}).items()}


def _template(path: Path) -> Export:
    beside = path.with_name(path.name.replace("TemplateFor", "TemplateParametersFor"))
    given = read_json(beside) if beside != path and beside.is_file() else {}
    found = arm.resources(read_json(path), given, str(path))
    export = Export()
    for one in found:
        kind = one.kind.lower()
        if kind == "factories":
            export.global_parameters = _values(one.properties.get("globalParameters"))
            export.name = one.name
        elif kind == "factories/globalparameters":
            export.global_parameters |= _values(one.properties)
        elif kind == "factories/pipelines":
            export.pipelines[one.name] = {"properties": one.properties}
        elif kind == "factories/datasets":
            export.datasets[one.name] = {"properties": one.properties}
        elif kind == "factories/linkedservices":
            export.linked_services[one.name] = {"properties": one.properties}
    return export


def _executed(definition: object) -> list[str]:
    """Names of the pipelines that a definition executes, however deep."""
    if isinstance(definition, list):
        return [name for one in definition for name in _executed(one)]
    if not isinstance(definition, Mapping):
        return []
    found = [name for one in definition.values() for name in _executed(one)]
    if definition.get("type") == "PipelineReference":
        found.append(str(definition.get("referenceName")))
    return found
