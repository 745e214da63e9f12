"""What a declared Databricks job asks for, read from its record in Pulumi's wire names.

One Python wheel task is what runs here. Anything else is refused by name before a run begins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from local.errors import HighwaterError

_REFERENCE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_KEY = re.compile(r"[\w.\-]+", re.ASCII)


@dataclass(frozen=True)
class WheelTask:
    """A job of one Python wheel task.

    Attributes:
        named: the task's named parameters; None when it takes positional ones.
        positional: the task's positional parameters.
        wheels: the wheels it depends on, as paths in the workspace.
        defaults: the job's own parameters with their defaults.
        timeout: seconds that a run may take from when it starts; None without a limit.
        max_concurrent: runs of the job that may run at one time.
        queue: whether a run beyond those waits; it is skipped otherwise.
    """

    name: str
    package: str
    entry_point: str
    named: dict[str, str] | None
    positional: list[str]
    wheels: list[str]
    defaults: dict[str, str]
    timeout: float | None
    max_concurrent: int
    queue: bool


def read(name: str, inputs: Mapping[str, Any]) -> WheelTask:
    """The job that `inputs` declare.

    Raises:
        HighwaterError: it has something that does not run here; says what, with the job's name.
    """
    tasks = inputs.get("tasks") or []
    if len(tasks) != 1:
        raise _unsupported(name, f"it has {len(tasks)} tasks, and exactly one runs here")
    (task,) = tasks
    wheel_task = task.get("pythonWheelTask")
    if wheel_task is None:
        kinds = sorted(key for key in task if key.endswith("Task")) or ["no task"]
        raise _unsupported(name, f"it is a {', '.join(kinds)}, and only pythonWheelTask runs here")
    limits = [
        float(seconds) for seconds in (inputs.get("timeoutSeconds"), task.get("timeoutSeconds")) if seconds
    ]
    named = wheel_task.get("namedParameters")
    return WheelTask(
        name=name,
        package=wheel_task["packageName"],
        entry_point=wheel_task["entryPoint"],
        named=None if named is None else {key: str(value) for key, value in named.items()},
        positional=[str(value) for value in wheel_task.get("parameters") or []],
        wheels=_wheels(name, inputs, task),
        defaults={item["name"]: str(item["default"]) for item in inputs.get("parameters") or []},
        timeout=min(limits, default=None),
        max_concurrent=int(inputs.get("maxConcurrentRuns", 1)),
        queue=bool((inputs.get("queue") or {}).get("enabled", False)),
    )


def arguments(task: WheelTask, given: Mapping[str, str], job_id: str, run_id: str) -> list[str]:
    """What the entry point finds in sys.argv after the program's name.

    Job parameters (`given` over their defaults) win over the task's named parameters, and reach a task only
    if it has named ones. References are filled in: `{{job.parameters.x}}`,
    `{{job.id}}`, `{{job.name}}` and `{{job.run_id}}`.

    Raises:
        HighwaterError: a parameter's name is not one, or a reference is not known here.
    """
    for key in given:
        if _KEY.fullmatch(key) is None:
            raise _unsupported(
                task.name, f"the parameter name {key!r} may hold letters, digits, _ - and . alone"
            )
    job_parameters = {**task.defaults, **given}
    known = {"job.id": job_id, "job.name": task.name, "job.run_id": run_id}
    known |= {f"job.parameters.{key}": value for key, value in job_parameters.items()}

    def filled(value: str) -> str:
        return _REFERENCE.sub(lambda found: _known(found[1]), value)

    def _known(reference: str) -> str:
        if reference not in known:
            raise _unsupported(task.name, f"the reference {{{{{reference}}}}} has no value here")
        return known[reference]

    if task.named is None:
        return [filled(value) for value in task.positional]
    return [f"--{key}={filled(value)}" for key, value in {**task.named, **job_parameters}.items()]


def workspace_file(workspace: Path, path: str) -> Path:
    """Where a file of the workspace is here: `/Workspace/Shared/a.whl` is `<workspace>/Shared/a.whl`.

    Raises:
        HighwaterError: the path leads out of the workspace.
    """
    inside = PurePosixPath(path.removeprefix("/Workspace").lstrip("/"))
    if ".." in inside.parts:
        raise HighwaterError(
            "A job names a file outside of the workspace", path, "Give its path in the workspace."
        )
    return workspace / inside


def _wheels(name: str, inputs: Mapping[str, Any], task: Mapping[str, Any]) -> list[str]:
    """The libraries of the task and of the environment that it runs in; every one must be a wheel by path."""
    found: list[str] = []
    for library in task.get("libraries") or []:
        if "whl" not in library:
            raise _unsupported(name, f"its library {library} is no wheel of the workspace")
        found.append(library["whl"])
    for environment in inputs.get("environments") or []:
        if environment["environmentKey"] == task.get("environmentKey"):
            found += (environment.get("spec") or {}).get("dependencies") or []
    for wheel in found:
        if not wheel.endswith(".whl") or not wheel.startswith("/"):
            raise _unsupported(
                name, f"its dependency {wheel} is no wheel of the workspace (/Workspace/....whl)"
            )
    return found


def _unsupported(name: str, why: str) -> HighwaterError:
    return HighwaterError(
        f"The job {name} does not run on the laptop", why, "Change what infra declares for the job."
    )
