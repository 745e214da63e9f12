"""The report's answers, kept for as long as what they were read from stays as it is, and told with what that was.

A page over millions of trips takes seconds until its last visual is answered. So as soon as one visual is asked of what
is new, or a batch was published while somebody looks at the console, all others are asked in the background: whoever
goes on to another page finds it answered. Who waits for an answer goes first, and nothing is asked twice at the same
time.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from local.console.ask import Ask
from local.errors import HighwaterError
from local.report import Answer, Reading, Report, Visual, reading
from local.report.errors import ReportError
from local.serving import delta
from sql.serving.batches import FOLDER as PUBLISHED

MOST_KEPT = 300
LOOK_SECONDS = 10.0  # as the report's own pages look whether a batch was published
# So long after the last answer to a page, its next visual has been asked if there is one.
PAUSE_SECONDS = 0.2

State = tuple[tuple[str, int], ...]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Told(Generic[Found]):
    """What was answered, and the state that it is of; when a commit came meanwhile, the state before it."""

    found: Found
    state: State


@dataclass(frozen=True)
class Published:
    """The batch that was published last, and (table, batch) of those that are ahead of it: a run writes them now, or
    one that died did."""

    batch: int
    at: datetime
    ahead: tuple[tuple[str, int], ...]


def state(gold: Path, server: Path) -> State:
    """What stands for the served tables and views as they are: it changes with every commit and every new view."""
    found = []
    for folder in [*gold.glob("*/_delta_log"), *server.glob("*/*")]:
        with suppress(FileNotFoundError):  # removed since it was listed
            found.append((str(folder), folder.stat().st_mtime_ns))
    return tuple(sorted(found))


def _published(session: Reading) -> Published:
    ((batch, at),) = session.query("SELECT batch_id, published_at FROM mart.published_batch")
    ahead = []
    with suppress(HighwaterError):  # a table that no run has written yet
        ahead = session.query(
            "SELECT table_name, batch_id FROM mart.batch_status WHERE agrees = 0 ORDER BY table_name"
        )
    return Published(batch, at, tuple(ahead))


class Answers:
    """Asks the report's visuals, and remembers what each was answered."""

    def __init__(self, ask: Ask, report: Callable[[], Report]):
        self._ask, self._report = ask, report
        self._kept: OrderedDict[tuple, object] = OrderedDict()
        self._under_way: dict[tuple, Future] = {}
        self._lock = threading.Lock()
        self._begun: State | None = None  # what all visuals were last asked of
        self._followed: int | None = None  # the mark that was seen last
        self._background = ThreadPoolExecutor(1)
        self._readers, self._answered, self._closed = 0, time.monotonic(), threading.Event()

    def __len__(self) -> int:
        """How many answers are remembered."""
        return len(self._kept)

    def ask(
        self, visual: Visual, selections: Mapping[tuple[str, str], Sequence[object]], role: str | None
    ) -> Told[Answer]:
        """The rows of a visual under these selections, as a reader of that role sees them.

        Raises:
            ReportError: the visual can't be asked.
            HighwaterError: a view is not there or has no data yet, or the query fails.
        """
        chosen = (
            () if visual.type == "slicer" else tuple((k, tuple(v)) for k, v in sorted(selections.items()))
        )
        what = (visual.page, visual.id, chosen, role)
        with self._reader() as now:
            return self._told(now, what, lambda session: session.ask(visual, selections, role))

    def published(self) -> Told[Published]:
        """The batch that all visuals are of, once there is one.

        Raises:
            HighwaterError: a view is not there or has no data yet.
        """
        with self._reader() as now:
            return self._told(now, ("published",), _published)

    def mark(self) -> int | None:
        """What changes with every published batch; None before the first one."""
        folder = self._ask.stack.container("gold") / PUBLISHED
        return (folder / "_delta_log").stat().st_mtime_ns if delta.exists(folder) else None

    @contextmanager
    def _reader(self) -> Iterator[State]:
        """Somebody waits for an answer of this state; all else is asked behind him."""
        with self._lock:
            self._readers += 1
        try:
            now = self._state()
            self._ask_others(now)
            yield now
        finally:
            with self._lock:
                self._readers, self._answered = self._readers - 1, time.monotonic()

    def _told(self, now: State, what: tuple, asked: Callable[[Reading], Found]) -> Told[Found]:
        """What is remembered, or what whoever asks the same is answered, or else an answer of its own."""
        key = (now, *what)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return Told(self._kept[key], now)
            shared = self._under_way.get(key)
            if shared is None:
                mine = self._under_way[key] = Future()
        if shared is not None:
            return shared.result()
        try:
            mine.set_result(self._asked(key, now, asked))
        except BaseException as error:
            mine.set_exception(error)
        finally:
            with self._lock:
                del self._under_way[key]
        return mine.result()

    def _asked(self, key: tuple, now: State, asked: Callable[[Reading], Found]) -> Told[Found]:
        with reading(self._report(), self._ask.stack.serving, session=self._ask.lake.session) as session:
            found = asked(session)
        if self._state() == now:  # else it may be of what came meanwhile
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return Told(found, now)

    def _state(self) -> State:
        return state(self._ask.stack.container("gold"), self._ask.stack.serving)

    def warm(self) -> None:
        """Ask in the background what each page of the report shows first, so that it is remembered."""
        self._ask_others(self._state())

    def follow(self) -> None:
        """`warm` once more if a batch was published since this was last called."""
        followed, self._followed = self._followed, self.mark()
        if self._followed != followed:
            self.warm()

    def close(self) -> None:
        """End what is asked in the background: a query under way outlives no process."""
        self._closed.set()
        self._background.shutdown(cancel_futures=True)

    def _ask_others(self, now: State) -> None:
        """What the report is of and all its visuals, the first page's first, once for each state."""
        with self._lock:
            begun, self._begun = self._begun, now
        if begun == now:
            return
        with suppress(RuntimeError):  # the console ends
            self._background.submit(self._behind, ("published",), _published)
            for visual in [v for page in self._report().pages for v in page.visuals if v.type != "textbox"]:
                asked = partial(Reading.ask, visual=visual)
                self._background.submit(self._behind, (visual.page, visual.id, (), None), asked)

    def _behind(self, what: tuple, asked: Callable[[Reading], object]) -> None:
        """Ask what somebody may ask later, as soon as nobody waits for an answer."""
        while self._readers or time.monotonic() - self._answered < PAUSE_SECONDS:
            if self._closed.wait(PAUSE_SECONDS / 4):
                return
        with suppress(ReportError, HighwaterError):  # its own page tells
            self._told(self._state(), what, asked)
