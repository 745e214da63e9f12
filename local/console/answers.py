"""The report's answers, kept for as long as what they were read from stays as it is."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
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
    logs = gold.glob("*/_delta_log")
    folders = [*logs, *server.glob("*/*")]
    return tuple(sorted((str(folder), folder.stat().st_mtime_ns) for folder in folders))


class Answers:
    """Asks the report's visuals, and remembers what each was answered."""

    def __init__(self, ask: Ask, report: Callable[[], Report]):
        self._ask, self._report = ask, report
        self._kept: OrderedDict[tuple, Answer] = OrderedDict()
        self._lock = threading.Lock()

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
        key = (state(stack.container("gold"), stack.serving), visual.page, visual.id, chosen, role)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with reading(self._report(), stack.serving, session=self._ask.lake.session) as session:
            answer = session.ask(visual, selections, role)
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return answer

    def first_page(self) -> None:
        """Ask what the report shows first, so that it is remembered; a visual that can't be asked is left out."""
        for visual in self._report().pages[0].visuals:
            if visual.type != "textbox":
                with suppress(ReportError, HighwaterError):
                    self.ask(visual, {}, None)
