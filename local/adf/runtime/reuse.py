"""What a run that recovers another takes over from it: the service's "rerun from failed activity".

What succeeded is not run again: its recorded output stands. What did not succeed is run, and so is
everything that depends on it. Containers, ExecutePipeline, Wait, SetVariable, AppendVariable and Filter always
run: what is inside the former is looked at by the same rule, and the others only rebuild what others see.
https://learn.microsoft.com/azure/data-factory/monitor-visually#rerun-pipelines-and-activities
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from local.adf.definition import Activity, Pipeline
from local.adf.errors import RunRefused
from local.adf.runtime.events import ActivityRun, PipelineRun
from local.adf.runtime.records import SECRET

ALWAYS_RUN = frozenset(
    {"ForEach", "IfCondition", "Switch", "Until", "ExecutePipeline", "Wait", "SetVariable", "AppendVariable",
     "Filter"}
)  # fmt: skip
_SETTLED = ("Succeeded", "Skipped", "Inactive")

Find = Callable[[str], PipelineRun]


@dataclass(frozen=True)
class Reuse:
    """The results of one run, for the run that recovers it.

    Attributes:
        ended: path -> the last run of the activity there.
        find: gives another run by its id, for the pipelines that were executed; KeyError when it is unknown.
    """

    run_id: str
    ended: Mapping[str, ActivityRun]
    find: Find

    @classmethod
    def of(cls, run: PipelineRun, pipeline: Pipeline, find: Find) -> "Reuse":
        """What there is to reuse of a run.

        Raises:
            RunRefused: something that it would need is secure, and was therefore never recorded.
        """
        ended = {one.path: one for one in run.activities}
        secure = {one.name for one in pipeline.walk() if one.policy.get("secureOutput")}
        for one in ended.values():
            if one.name in secure and one.status == "Succeeded" and one.output == SECRET:
                raise RunRefused(
                    f"The run {run.run_id} can't be continued where it failed.",
                    f"The output of '{one.name}' is secure: it was never recorded, so it can't be reused.",
                    "Run all of it again, from its start.",
                )
        return cls(run.run_id, ended, find)

    def downstream(self, activities: Sequence[Activity], place: Callable[[str], str]) -> set[str]:
        """The activities that depend, however far, on one that did not succeed: nothing of them is reused.

        Args:
            place: the path of an activity by its name.
        """
        changed = {one.name for one in activities if not self._settled(place(one.name))}
        found: set[str] = set()
        growing = True
        while growing:
            growing = False
            for one in activities:
                if one.name not in found and any(
                    dependency.activity in changed or dependency.activity in found
                    for dependency in one.dependencies
                ):
                    found.add(one.name)
                    growing = True
        return found

    def _settled(self, path: str) -> bool:
        run = self.ended.get(path)
        return run is not None and run.status in _SETTLED

    def succeeded(self, activity: Activity, path: str) -> ActivityRun | None:
        """The run of an activity that stands, None when it is to be run."""
        run = self.ended.get(path)
        if run is None or run.status != "Succeeded" or run.type != activity.type:
            return None
        return None if activity.type in ALWAYS_RUN else run

    def child(self, path: str) -> PipelineRun | None:
        """The run of the pipeline that an ExecutePipeline executed, None when it came to none."""
        run = self.ended.get(path)
        output = run.output if run is not None and isinstance(run.output, dict) else {}
        try:
            return self.find(output["pipelineRunId"])
        except KeyError:
            return None
