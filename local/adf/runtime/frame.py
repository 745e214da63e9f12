"""Where an activity runs: its pipeline run, the loop it is in, and the results that it can see."""

import threading
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from local.adf.connectors.web import WebAccess
from local.adf.definition import Factory, Pipeline
from local.adf.errors import RunStopped
from local.adf.expressions import OUTSIDE, Context
from local.adf.runtime.events import ActivityRun, Event, Listener, PipelineRun
from local.adf.runtime.jobs import JobRunner
from local.adf.runtime.records import RunRecord
from local.adf.runtime.reuse import Reuse
from local.adf.runtime.stop import Stop


@dataclass
class Settings:
    """What all runs of one runtime share.

    Attributes:
        on_step: called before and after every activity, and while a Copy writes, with a stable name:
            `pipeline/path:before`, `:progress`, `:after`. What it raises ends the run as a crash would.
        sleep: waits so many seconds or until the stop; tests hand in one that does not wait.
        recorded: told of a run's record after every line in it.
        web: where a WebActivity may go beyond this machine.
    """

    factory: Factory
    runs_dir: Path
    locks_dir: Path
    jobs: JobRunner | None
    listener: Listener | None
    on_step: Callable[[str], None] | None
    sleep: Callable[[float, Stop], object]
    recorded: Callable[[Path], None] | None = None
    web: WebAccess = field(default_factory=WebAccess)
    threads: list[threading.Thread] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)

    def step(self, name: str) -> None:
        if self.on_step is not None:
            try:
                self.on_step(name)
            except BaseException as raised:
                raise RunStopped(raised) from raised


@dataclass
class Run:
    """One pipeline run under way."""

    settings: Settings
    pipeline: Pipeline
    result: PipelineRun
    record: RunRecord
    stop: Stop
    system: Mapping[str, object]
    variables: dict[str, object]
    depth: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ended(self, run: ActivityRun) -> None:
        """Keep and record the end of an activity, with what is secure left out already."""
        with self.lock:
            self.result.activities.append(run)
        self.record.write("activity_ended", **asdict(run))


@dataclass(frozen=True)
class Frame:
    """A set of activities that run side by side: the pipeline's own, or those inside a container.

    Attributes:
        path: of the container, '' at the top.
        results: activity name -> {output, status, error, ...}; an iteration of a loop has a layer of its own.
        reuse: what may be taken over from the run that this one recovers, None where all is run anew.
    """

    run: Run
    path: str
    depth: int
    item: object
    results: ChainMap
    stop: Stop
    reuse: Reuse | None = None

    def context(self) -> Context:
        return Context(
            pipeline=self.run.system,
            variables=self.run.variables,
            activities=self.results,
            item=self.item,
        )

    def inside(self, name: str, stop: Stop) -> "Frame":
        """The frame of the activities inside a container, which see and add to the same results."""
        return replace(self, path=self.join(name), depth=self.depth + 1, stop=stop)

    def iteration(self, name: str, number: int, item: object, stop: Stop) -> "Frame":
        """The frame of one item of a loop: what runs in it is seen in it alone."""
        return replace(
            self,
            path=f"{self.join(name)}[{number}]",
            depth=self.depth + 1,
            item=item,
            results=self.results.new_child(),
            stop=stop,
        )

    def anew(self) -> "Frame":
        """The same place, with nothing taken over from another run."""
        return replace(self, reuse=None)

    def join(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def step_name(self, name: str) -> str:
        return f"{self.run.pipeline.name}/{self.join(name)}"

    @property
    def shown_item(self) -> object:
        return None if self.item is OUTSIDE else self.item
