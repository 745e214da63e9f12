"""The workflows of .github/, read from their files."""

from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))


def load(name: str) -> dict:
    # YAML 1.1 reads the key `on` as true.
    found = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def events(workflow: dict) -> set[str]:
    on = workflow["on"]
    return {on} if isinstance(on, str) else set(on)


def steps(workflow: dict) -> list[tuple[str, dict, dict]]:
    return [(name, job, step) for name, job in workflow["jobs"].items() for step in job.get("steps", ())]


def permissions(workflow: dict, job: dict) -> dict[str, str]:
    found = job.get("permissions", workflow.get("permissions"))
    assert isinstance(found, dict), "a workflow without permissions has those of the repository"
    return found


def scripts(workflow: dict) -> list[str]:
    return [step["run"] for _, _, step in steps(workflow) if "run" in step]
