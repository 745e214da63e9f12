"""The report's answers, kept for as long as what they were read from stays as it is.

A page over millions of trips takes seconds until its last visual is answered. So as soon as one visual is asked of what
is new, all others are asked in the background: whoever goes on to another page finds it answered.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from local.console.ask import Ask
from local.errors import HighwaterError
from local.report import Answer, Report, Visual, reading
from local.report.errors import ReportError

MOST_KEPT = 300

State = tuple[tuple[str, int], ...]


def state(gold: Path, server: Path) -> State:
    """What stands for the served tables and views as they are: it changes with every commit and every new view."""
    found = []
    for folder in [*gold.glob("*/_delta_log"), *server.glob("*/*")]:
        with suppress(FileNotFoundError):  # removed since it was listed
            found.append((str(folder), folder.stat().st_mtime_ns))
    return tuple(sorted(found))


class Answers:
    """Asks the report's visuals, and remembers what each was answered."""

    def __init__(self, ask: Ask, report: Callable[[], Report]):
        self._ask, self._report = ask, report
        self._kept: OrderedDict[tuple, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._begun: State | None = None  # what all visuals were last asked of
        self._background = ThreadPoolExecutor(1)

    def __len__(self) -> int:
        """How many answers are remembered."""
        return len(self._kept)

    def ask(
        self, visual: Visual, selections: Mapping[tuple[str, str], Sequence[object]], role: str | None
    ) -> Answer:
        """The rows of a visual under these selections, as a reader of that role sees them.

        Raises:
            ReportError: the visual can't be asked.
            HighwaterError: a view is not there or has no data yet, or the query fails.
        """
        stack = self._ask.stack
        chosen = (
            () if visual.type == "slicer" else tuple((k, tuple(v)) for k, v in sorted(selections.items()))
        )
        now = state(stack.container("gold"), stack.serving)
        key = (now, visual.page, visual.id, chosen, role)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        self._ask_others(now)
        with reading(self._report(), stack.serving, session=self._ask.lake.session) as session:
            answer = session.ask(visual, selections, role)
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return answer

    def warm(self) -> None:
        """Ask in the background what each page of the report shows first, so that it is remembered."""
        self._ask_others(state(self._ask.stack.container("gold"), self._ask.stack.serving))

    def close(self) -> None:
        """End what is asked in the background: a query under way outlives no process."""
        self._background.shutdown(cancel_futures=True)

    def _ask_others(self, now: State) -> None:
        """All visuals, the first page's first, once for each state."""
        with self._lock:
            begun, self._begun = self._begun, now
        if begun == now:
            return
        for page in self._report().pages:
            for visual in page.visuals:
                if visual.type != "textbox":
                    with suppress(RuntimeError):  # the console ends
                        self._background.submit(self._quietly, visual)

    def _quietly(self, visual: Visual) -> None:
        with suppress(ReportError, HighwaterError):  # its own page tells
            self.ask(visual, {}, None)
