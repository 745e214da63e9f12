"""A lake of a test's own, and activities run over it."""

from pathlib import Path

from local.adf import ActivityRun, Factory, PipelineRun, Runtime


def dataset(kind: str, folder: str | None = None, file: str | None = None, **properties: object) -> dict:
    """A dataset of a type over the file system `box`."""
    location = {"type": "AzureBlobFSLocation", "fileSystem": "box"}
    location |= {"folderPath": folder} if folder else {}
    location |= {"fileName": file} if file else {}
    return {
        "type": kind,
        "linkedServiceName": {"referenceName": "lake"},
        "typeProperties": {"location": location, **properties},
    }


class LakeLab:
    """Runs activities over the file system `box` of a lake in a folder."""

    def __init__(self, folder: Path):
        self.folder, self.box = folder, folder / "box"
        self.box.mkdir()
        self.service = {"type": "AzureBlobFS", "typeProperties": {"url": folder.as_uri() + "/"}}

    def put(self, path: str, content: str | bytes) -> Path:
        file = self.box / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def files(self, below: str = "") -> list[str]:
        found = (self.box / below).rglob("*")
        return sorted(one.relative_to(self.box).as_posix() for one in found if one.is_file())

    def run(self, activity: dict, datasets: dict[str, dict], **options: object) -> PipelineRun:
        main = {"activities": [activity], **options.pop("main", {})}
        factory = Factory({"main": main}, datasets, {"lake": self.service})
        return Runtime(factory, self.folder / "runs", **options).run("main", options.pop("parameters", None))

    def one(self, activity: dict, datasets: dict[str, dict], **options: object) -> ActivityRun:
        return self.run(activity, datasets, **options).activities[-1]

    def copy(
        self, origin: dict, goal: dict, source: dict | None = None, sink: dict | None = None, **more: object
    ):
        activity = {
            "name": "C",
            "type": "Copy",
            "inputs": [{"referenceName": "origin"}],
            "outputs": [{"referenceName": "goal"}],
            "typeProperties": {
                "source": {"type": f"{origin['type']}Source", **(source or {})},
                "sink": {"type": f"{goal['type']}Sink", **(sink or {})},
                **more,
            },
        }
        return self.one(activity, {"origin": origin, "goal": goal})
