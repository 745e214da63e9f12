"""Fires triggers when they are due, until it is told to stop."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psycopg

from local.adf.runtime.events import PipelineRun
from local.adf.triggers import firing
from local.adf.triggers.model import ScheduleTrigger, Target, Trigger, WindowTrigger
from local.adf.triggers.schedule import due, following
from local.adf.triggers.store import WindowStore
from local.adf.triggers.windowing import Windows
from local.adf.triggers.windows import Window
from local.errors import HighwaterError

LOOK_SECONDS = 0.5


class StartRun(Protocol):
    """Runs a pipeline to its end, under an id that is known before."""

    def __call__(
        self, pipeline: str, parameters: Mapping[str, object], *, trigger: Mapping[str, object], run_id: str
    ) -> PipelineRun: ...


@dataclass(frozen=True)
class Ended:
    """A run that a trigger started and that has ended; status Refused for one that could not be started.

    Attributes:
        due: when it was due, or the start of its window.
        window_end: None for a schedule.
    """

    trigger: str
    pipeline: str
    due: datetime
    window_end: datetime | None
    run_id: str
    status: str
    seconds: float
    message: str


class Watch:
    """The triggers of a factory.

    Args:
        is_started: whether a trigger is, by its name; it is asked again at every look.
        start: see StartRun.
        store: the state of windows.
        outcome: the status of an earlier run by its id, None when it never began.
        on_ended: hears of every run that ended, from several threads.
        on_note: hears what a user should know.
        clock: now, in UTC.
        changed: the triggers when their declaration has changed since it was asked last, else None.
    """

    def __init__(
        self,
        triggers: Mapping[str, Trigger],
        is_started: Callable[[str], bool],
        start: StartRun,
        store: WindowStore,
        outcome: Callable[[str], str | None],
        on_ended: Callable[[Ended], None] = lambda ended: None,
        on_note: Callable[[str], None] = lambda text: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        changed: Callable[[], Mapping[str, Trigger] | None] = lambda: None,
    ):
        self.triggers = triggers
        self._changed = changed
        self.is_started, self._start = is_started, start
        self._on_ended, self._on_note, self._clock = on_ended, on_note, clock
        self._seen: dict[str, datetime] = {}
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()
        self._away = False
        self._windows = Windows(store, outcome, self._run_window, self._ending)
        self._windows.declare(triggers)

    def watch(self, until: datetime | None = None) -> None:
        """Fire what is due until then, or until `stop`. Runs that were started go on."""
        while not self._ending.is_set():
            now = self._clock()
            if until is not None and now >= until:
                break
            self.look(now)
            self._ending.wait(LOOK_SECONDS)
        self._ending.set()

    def stop(self) -> None:
        """Fire nothing more."""
        self._ending.set()

    @property
    def running(self) -> int:
        """How many runs are under way or wait for their turn."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return len(self._threads)

    def join(self) -> None:
        """Wait for the runs that were started."""
        for thread in self._threads:
            thread.join()

    def upcoming(self) -> list[tuple[str, datetime]]:
        """The started schedules and when each is due next."""
        now = self._clock()
        found = [
            (name, following(one.recurrence, now))
            for name, one in self.triggers.items()
            if isinstance(one, ScheduleTrigger) and self.is_started(name)
        ]
        return [(name, moment) for name, moment in found if moment is not None]

    def look(self, now: datetime) -> None:
        """Fire what is due now."""
        declared = self._changed()
        if declared is not None:
            self.triggers = declared
            self._windows.declare(declared)
        for name, trigger in self.triggers.items():
            if not self.is_started(name):
                self._seen.pop(name, None)
            elif isinstance(trigger, ScheduleTrigger):
                self._look_at_schedule(trigger, now)
            else:
                self._look_at_windows(trigger, now)

    def _look_at_schedule(self, trigger: ScheduleTrigger, now: datetime) -> None:
        # What was due before it was started, or while nobody watched, is not made up for: as in the service.
        since = self._seen.setdefault(trigger.name, now - timedelta(microseconds=1))
        found = due(trigger.recurrence, since, now)
        self._seen[trigger.name] = now
        if len(found) > 1:
            self._on_note(
                f"{trigger.name}: {len(found) - 1} runs that were due since {since:%H:%M:%S} were missed and "
                "are left out; a schedule does not make up for them."
            )
        for target in trigger.targets if found else ():
            self._spawn(lambda target=target: self._run(trigger, target, str(uuid.uuid4()), found[-1], None))

    def _look_at_windows(self, trigger: WindowTrigger, now: datetime) -> None:
        try:
            for job in self._windows.look(trigger, now):
                self._spawn(job)
            self._away = False
        except (psycopg.Error, HighwaterError) as error:
            if not self._away:
                self._on_note(
                    f"{trigger.name}: the state of its windows can't be reached, trying on: {error}"
                )
            self._away = True

    def _spawn(self, job: Callable[[], object]) -> None:
        thread = threading.Thread(target=job, name="trigger")
        self._threads.append(thread)
        thread.start()

    def _run_window(self, trigger: WindowTrigger, window: Window, run_id: str) -> Ended:
        return self._run(trigger, trigger.target, run_id, window.start, window)

    def _run(
        self, trigger: Trigger, target: Target, run_id: str, due_at: datetime, window: Window | None
    ) -> Ended:
        fired = self._clock()
        scheduled = due_at if window is None else window.end
        status, seconds, message = "Refused", 0.0, ""
        try:
            values = firing.parameters(target, trigger.name, scheduled, fired, window)
            run = self._start(
                target.pipeline, values, trigger=firing.system(trigger, run_id, fired), run_id=run_id
            )
            status, seconds, message = run.status, run.seconds, run.message
        except HighwaterError as error:
            message = str(error)
        except Exception as error:  # whatever it is, the other triggers go on
            message = f"{type(error).__name__}: {error}"
        ended = Ended(
            trigger.name, target.pipeline, due_at, window and window.end, run_id, status, seconds, message
        )
        self._on_ended(ended)
        return ended
