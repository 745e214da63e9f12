"""A full reload against an incremental run of a small change: the whole path, warm, one after the other.

Both are the declared pipelines, run by the same process on the same stack: PostgreSQL, the ledger, Data
Factory's Copy, the Databricks job on the warm Spark server, Delta, and at the end a T-SQL query of every view.
The incremental run comes first, so that the reload reads the very rows that are served by then.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from contracts import load_all
from local import engine, source
from local.bench import written as lake_written
from local.databricks.server import SparkServer
from local.errors import HighwaterError
from local.factory import open_runtime, report
from local.receipts import receipts
from local.serving.query import query
from local.source.generator import MONTH, generate
from local.stack import LocalStack
from local.state import State
from local.verify import verify_all
from sql.serving import views

# A bound lies this far behind the source's clock (the ledger's margin); waiting for it is no part of the times.
MARGIN_SECONDS = 2.5
# What runs before, untimed, so that both ways are warm: Java compiles what it has met some times.
WARM_UP_ROWS = 200
_CONTAINERS = ("ForEach", "IfCondition")

Say = Callable[[str], None]


@dataclass
class Timed:
    """One run from its start until every view has answered.

    Attributes:
        seconds: of the pipeline and the query together.
        cpu_seconds: processor time of the Spark server, this process and the job's; PostgreSQL's is not in it.
        stages: seconds of each activity that is not a loop, summed where it ran several times, and `Views`.
        tables: per table what the ledger tells, and the job's seconds by step.
        written: by container or container/table.
    """

    seconds: float
    cpu_seconds: float
    rows: int
    stages: dict[str, float] = field(default_factory=dict)
    tables: dict[str, dict] = field(default_factory=dict)
    written: dict[str, lake_written.Written] = field(default_factory=dict)

    @property
    def total(self) -> lake_written.Written:
        return lake_written.total(self.written)


@dataclass
class Outcome:
    """What was measured, and on what."""

    trips: int
    changed: int
    days: float | None
    seed_seconds: float
    first_load_seconds: float
    incremental: Timed
    full: Timed
    equal: bool

    @property
    def ratio(self) -> float:
        """The incremental run's seconds as a share of the reload's."""
        return self.incremental.seconds / self.full.seconds

    def as_json(self) -> dict:
        """The figures by name; see docs/serving.md."""
        both = {"full": self.full, "incremental": self.incremental}
        return {
            "trips": self.trips,
            "changed": self.changed,
            "days": self.days,
            "full_s": round(self.full.seconds, 2),
            "incremental_s": round(self.incremental.seconds, 2),
            "ratio": round(self.ratio, 4),
            "cpu_s": {name: round(t.cpu_seconds, 1) for name, t in both.items()},
            "rows_read": {name: t.rows for name, t in both.items()},
            "bytes_written": {name: t.total.bytes for name, t in both.items()},
            "files_written": {name: t.total.files_added for name, t in both.items()},
            "files_rewritten": {name: t.total.files_rewritten for name, t in both.items()},
            "stages": {name: t.stages for name, t in both.items()},
            "tables": {name: t.tables for name, t in both.items()},
            "written": {name: {k: asdict(w) for k, w in t.written.items()} for name, t in both.items()},
            "seed_s": round(self.seed_seconds, 1),
            "first_load_s": round(self.first_load_seconds, 1),
            "equal": self.equal,
        }


def measure(
    state: State,
    trips: int,
    change: float = 0.01,
    months: Sequence[Path] = (MONTH,),
    days: float | None = None,
    say: Say = lambda text: None,
) -> Outcome:
    """Make a stack in `state`, fill it, and time the two runs. The stack stays: `engine.destroy` removes it.

    Args:
        trips: how many trips the source has, the given months repeated with shifted times.
        change: share of them that the incremental run finds inserted, updated, ended or withdrawn.
        days: how old the trips are that change, before the newest; of any age when None.

    Raises:
        HighwaterError: the numbers make no sense, the folder holds a stack already, or a run failed.
    """
    if trips < 1_000 or not 0 < change <= 0.5:
        raise HighwaterError("Nothing can be measured", f"trips: {trips}, change: {change}",
                             "Give at least 1,000 trips and a change of at most 0.5.")  # fmt: skip
    if state.root.exists():
        raise HighwaterError("A stack to measure on is there already", str(state.root),
                             "It is another measurement's, or one that died: remove it with "
                             f"`HIGHWATER_STATE={state.root} highwater destroy`.")  # fmt: skip
    say("bringing up a stack of its own")
    engine.up(state)
    stack = LocalStack.open(state)
    SparkServer(state).start_in_background()
    say(f"filling the source with {trips:,} trips")
    began = time.monotonic()
    generate(stack.source, trips, months=months)
    seeded = time.monotonic() - began
    say("first load, which is not counted")
    first = timed(stack, "ingest")
    say("a small change and its run, which are not counted")
    source.simulate(stack.source, min(WARM_UP_ROWS, trips // 10), seed=1, days=days)
    timed(stack, "ingest")
    say(f"changing {change:.1%} of the trips")
    made = source.simulate(stack.source, round(trips * change), seed=2, days=days)
    say("the incremental run")
    incremental = timed(stack, "ingest")
    say(f"{incremental.seconds:.1f} s; now the full reload")
    full = timed(stack, "reload")
    say(f"{full.seconds:.1f} s; comparing source and served rows")
    verdicts = verify_all(load_all(), stack.source, stack.serving, quarantine=stack.container("quarantine"))
    return Outcome(
        trips, made.total, days, seeded, first.seconds, incremental, full, all(v.equal for v in verdicts)
    )


def timed(stack: LocalStack, pipeline: str) -> Timed:
    """Run a pipeline, then ask every view, and keep what it took and wrote.

    Raises:
        HighwaterError: the run failed.
    """
    time.sleep(MARGIN_SECONDS)
    lake = stack.container("landing").parent
    before, cpu, began, stages = lake_written.mark(lake), _cpu(stack), time.monotonic(), {}

    def hear(event) -> None:
        if event.kind == "activity_ended" and event.type not in _CONTAINERS:
            stages[event.name] = round(stages.get(event.name, 0.0) + event.seconds, 3)

    run = open_runtime(stack, hear).run(pipeline, {})
    if run.status != "Succeeded":
        raise HighwaterError(f"Pipeline {pipeline} failed", run.message, "See the run's log.")
    asked = time.monotonic()
    ask_views(stack)
    ended = time.monotonic()
    stages["Views"] = round(ended - asked, 3)
    steps = {r["table_name"]: r["steps"] for r in receipts(stack, run.run_id)}
    told = {row["table_name"]: row for row in report(stack, run.run_id)}
    tables = {name: _figures(row) | {"steps": steps.get(name, {})} for name, row in told.items()}
    return Timed(
        ended - began, _cpu(stack) - cpu, sum(row["rows"] for row in told.values()), stages, tables,
        lake_written.since(lake, before),
    )  # fmt: skip


def ask_views(stack: LocalStack) -> dict[str, int]:
    """Rows of every view of every contract, each asked for by T-SQL."""
    counts = {}
    for view in (v for contract in load_all() for v in views(contract) if not v.shows_removed):
        name = f"{view.schema}.{view.name}"
        with query(stack.serving, f"SELECT COUNT_BIG(*) AS n, MAX(batch_id) AS b FROM {name}") as result:
            counts[name] = next(result.rows())[0]
    return counts


def _figures(row: Mapping) -> dict:
    names = ("rows", "inserted", "updated", "deleted", "load_seconds", "merge_seconds")
    return {n: float(row[n]) if n.endswith("seconds") and row[n] is not None else row[n] for n in names}


def _cpu(stack: LocalStack) -> float:
    """Processor seconds so far of the Spark server, of this process and of its children that have ended."""
    own = os.times()
    seconds = own.user + own.system + own.children_user + own.children_system
    pid = SparkServer(stack.state).pid
    if pid is not None:
        spent = psutil.Process(pid).cpu_times()
        seconds += spent.user + spent.system
    return seconds
