"""The history read back."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg.rows import dict_row

from local.adf.history.schema import prepare
from local.adf.history.storing import catch_up
from local.adf.runtime.events import ActivityRun, PipelineRun
from local.errors import HighwaterError

_RUNS = """
    select run_id, pipeline, status, started_at, ended_at, seconds, trigger ->> 'TriggerName' as trigger,
        error ->> 'message' as message, run_group_id, rerun_of, parent ->> 'run_id' as parent_run_id,
        case when parent is null then
            row_number() over (partition by run_group_id, parent is null order by started_at desc) = 1
        end as is_latest
    from adf.pipeline_runs"""


@dataclass
class RunNode:
    """A run with the runs of the pipelines that it executed, by the activity run that did."""

    run: PipelineRun
    children: dict[str, "RunNode"] = field(default_factory=dict)

    def as_dict(self) -> dict:
        """The record: that of the run, and `child` in each activity that executed a pipeline."""
        shown = asdict(self.run)
        for activity in shown["activities"]:
            child = self.children.get(activity["activity_run_id"])
            if child is not None:
                activity["child"] = child.as_dict()
        return shown


class History:
    """The history of one factory. Opening it stores what was left in files. Use it as a context manager.

    Args:
        conninfo: of the control database, for a role that may create the schema `adf`.
        folder: where the records of runs are while they run.

    Attributes:
        damaged: records in that folder that can't be read.
    """

    def __init__(self, conninfo: str, folder: Path):
        self._connection = psycopg.connect(
            conninfo, autocommit=True, row_factory=dict_row, connect_timeout=10
        )
        prepare(self._connection)
        with psycopg.connect(conninfo, autocommit=True) as writing:
            self.damaged = catch_up(writing, folder)

    def __enter__(self) -> "History":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def runs(self, limit: int = 20, pipeline: str | None = None, failed: bool = False) -> list[dict]:
        """The newest runs, newest first: those that were started by themselves, or all those of one pipeline.

        Returns:
            {run_id, pipeline, status, started_at, ended_at, seconds, trigger, message, run_group_id, rerun_of,
            parent_run_id, is_latest}; is_latest tells the last of the runs that recover one another, and is
            None for a run that another one executed.
        """
        where = ["parent_run_id is null" if pipeline is None else "pipeline = %(pipeline)s"]
        if failed:
            where.append("status in ('Failed', 'Cancelled', 'Interrupted')")
        query = (
            f"select * from ({_RUNS}) r where {' and '.join(where)} order by started_at desc limit %(limit)s"
        )
        return self._connection.execute(query, {"pipeline": pipeline, "limit": limit}).fetchall()

    def find(self, prefix: str) -> str:
        """The run whose id begins so.

        Raises:
            HighwaterError: there is none, or more than one.
        """
        query = "select run_id from adf.pipeline_runs where starts_with(run_id, %s) order by started_at desc limit 4"
        found = [row["run_id"] for row in self._connection.execute(query, [prefix.lower()]).fetchall()]
        if len(found) == 1 or prefix in found:
            return prefix if prefix in found else found[0]
        if not found:
            raise HighwaterError(
                f"There is no run {prefix}", "no recorded id begins so", "`highwater runs` lists them."
            )
        raise HighwaterError(f"{prefix} is not the id of one run", ", ".join(found), "Give more of it.")

    def load(self, run_id: str) -> PipelineRun:
        """A run with its activities, in the order in which they ended.

        Raises:
            KeyError: there is no such run.
        """
        runs = self._loaded("run_id = %s", [run_id])
        if not runs:
            raise KeyError(run_id)
        return runs[0]

    def tree(self, run_id: str) -> RunNode:
        """A run and all that it executed, however deep.

        Raises:
            KeyError: there is no such run.
        """
        node = RunNode(self.load(run_id))
        for child in self._loaded("parent ->> 'run_id' = %s", [run_id]):
            node.children[(child.parent or {}).get("activity_run_id", child.run_id)] = self.tree(child.run_id)
        return node

    def _loaded(self, where: str, values: list) -> list[PipelineRun]:
        runs = self._connection.execute(
            f"select * from adf.pipeline_runs where {where} order by started_at", values
        ).fetchall()
        return [_pipeline_run(row, self._activities(row["run_id"])) for row in runs]

    def _activities(self, run_id: str) -> list[ActivityRun]:
        query = "select * from adf.activity_runs where run_id = %s order by position"
        return [_activity_run(row) for row in self._connection.execute(query, [run_id]).fetchall()]


def _pipeline_run(row: dict, activities: list[ActivityRun]) -> PipelineRun:
    return PipelineRun(
        run_id=row["run_id"],
        pipeline=row["pipeline"],
        status=row["status"],
        parameters=row["parameters"],
        start=_text(row["started_at"]),
        end=_text(row["ended_at"]),
        seconds=row["seconds"] or 0.0,
        activities=activities,
        error=row["error"],
        return_value=row["return_value"],
        parent=row["parent"],
        group=row["run_group_id"],
        rerun_of=row["rerun_of"],
        trigger=row["trigger"],
    )


def _activity_run(row: dict) -> ActivityRun:
    return ActivityRun(
        activity_run_id=row["activity_run_id"],
        name=row["name"],
        type=row["type"],
        path=row["path"],
        status=row["status"],
        start=_text(row["started_at"]),
        end=_text(row["ended_at"]),
        seconds=_so_far(row) if row["seconds"] is None else row["seconds"],
        attempt=row["attempt"],
        item=row["item"],
        input=row["input"],
        output=row["output"],
        error=row["error"],
        warnings=row["warnings"] or [],
        rows=row["row_count"],
        reused_from=row["reused_from"],
    )


def _so_far(row: dict) -> float:
    """Seconds since an activity that is under way began; 0 for one of which nothing is known."""
    if row["status"] != "InProgress" or row["started_at"] is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - row["started_at"]).total_seconds())


def _text(moment: datetime | None) -> str:
    """As the record has it."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
