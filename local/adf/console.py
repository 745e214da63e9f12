"""Shows a run while it happens: a line for each activity that ended, and below them what is running.

On a terminal the running ones have a spinner and their time; elsewhere there are plain lines alone.
"""

import threading
import time
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.adf.expressions.values import to_json
from local.adf.runtime.events import Event

_STYLES = {
    "Succeeded": "green",
    "Failed": "red",
    "Cancelled": "yellow",
    "Inactive": "dim",
    "Queued": "yellow",
}
_MARKS = {"Succeeded": "✓", "Failed": "✗", "Cancelled": "■", "Inactive": "-", "Queued": "…"}
_CONTAINERS = ("ForEach", "IfCondition", "Switch", "Until", "ExecutePipeline")
MAX_MESSAGE, MAX_ITEM, MAX_RUNNING = 2_000, 60, 12


class RunConsole:
    """A listener for a runtime. Use it as a context manager, so that the terminal is left in order.

    Args:
        item_keys: fields of a loop's item that name it best; the first that it has is shown in its place.
    """

    def __init__(self, console: Console | None = None, *, item_keys: tuple[str, ...] = ()):
        self._console = console or Console()
        self._item_keys = item_keys
        self._running: dict[str, Event] = {}
        self._progress: dict[str, Event] = {}
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> "RunConsole":
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._running_now, console=self._console, refresh_per_second=8, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, event: Event) -> None:
        """Hear an event of a run."""
        with self._lock:
            if event.kind == "activity_started":
                self._running[event.key] = event
            elif event.kind == "activity_progress":
                self._progress[event.key] = event
            elif event.kind == "activity_ended":
                self._running.pop(event.key, None)
                self._progress.pop(event.key, None)
            shown = self._line(event)
            if shown is not None:
                self._console.print(shown, soft_wrap=True)

    def _line(self, event: Event) -> Text | None:
        if event.kind == "activity_ended":
            return None if event.status == "Skipped" else self._ended(event)
        if event.kind == "pipeline_queued":
            return self._text(event, "Queued", f"{event.name}: waiting for an earlier run of it")
        if event.kind == "pipeline_started" and event.depth == 0:
            line = Text(f"{event.name}", style="bold").append(f"  run {event.run_id}", style="dim")
            for warning in event.warnings:
                line.append(f"\n  warning: {warning}", style="yellow")
            return line
        if event.kind == "pipeline_ended" and event.depth == 0:
            return self._text(event, event.status, f"{event.name}  {_time(event.seconds)}  {event.status}")
        return None

    def _text(self, event: Event, status: str, what: str) -> Text:
        style = _STYLES.get(status, "")
        return Text("  " * event.depth).append(f"{_MARKS.get(status, ' ')} ", style=style).append(what)

    def _ended(self, event: Event) -> Text:
        parts = [event.name]
        if event.type not in _CONTAINERS:
            parts.append(event.type)
        line = self._text(event, event.status, "  ".join(parts))
        if (item := self._item(event)) is not None:
            line.append(f"  {item}", style="cyan")
        if event.rows is not None:
            line.append(f"  {event.rows:,} {'row' if event.rows == 1 else 'rows'}")
        line.append(f"  {_time(event.seconds)}", style="dim")
        if event.status != "Succeeded":
            line.append(f"  {event.status}", style=_STYLES.get(event.status, ""))
        indent = "\n" + "  " * (event.depth + 1)
        if event.message:
            line.append(f"{indent}{_cut(event.message, MAX_MESSAGE)}", style="red")
        for warning in event.warnings:
            line.append(f"{indent}warning: {warning}", style="yellow")
        return line

    def _item(self, event: Event) -> str | None:
        """The item of the loop that the activity is in, in short."""
        if event.item is None:
            return None
        if isinstance(event.item, dict):
            for key in self._item_keys:
                if key in event.item:
                    return str(event.item[key])
        return _cut(event.item if isinstance(event.item, str) else to_json(event.item), MAX_ITEM)

    def _running_now(self) -> Group:
        with self._lock:
            leaves = [event for event in self._running.values() if event.type not in _CONTAINERS]
            progress = dict(self._progress)
        table = Table.grid(padding=(0, 2))
        for event in leaves[:MAX_RUNNING]:
            said = progress.get(event.key)
            table.add_row(
                Spinner("dots", text=Text(event.name)),
                Text(self._item(event) or "", style="cyan"),
                Text(_time(time.monotonic() - event.at), style="dim"),
                Text(_cut(said.message if said else "", 80), style="dim"),
            )
        if len(leaves) > MAX_RUNNING:
            table.add_row(Text(f"  and {len(leaves) - MAX_RUNNING} more", style="dim"))
        return Group(table)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
