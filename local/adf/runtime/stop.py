"""Ends what is under way: when a time limit passes, or when the run is cancelled."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """One reason to stop for one activity, linked to the one of the run that it belongs to.

    What blocks registers with `on_stop` how it can be interrupted; what can look looks at `reason`.
    """

    def __init__(self, parent: "Stop | None" = None, seconds: float | None = None):
        self.event = threading.Event()
        self.reason: str | None = None
        self.ends = None if seconds is None else time.monotonic() + seconds
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._children: list[Stop] = []
        self._parent = parent
        self._timer: threading.Timer | None = None
        if parent is not None:
            parent._adopt(self)
        if seconds is not None:
            self._timer = threading.Timer(seconds, self.set, ["timeout"])
            self._timer.daemon = True
            self._timer.start()

    def _adopt(self, child: "Stop") -> None:
        with self._lock:
            self._children.append(child)
            reason = self.reason
        if reason is not None:
            child.set(_passed_on(reason))

    def set(self, reason: str) -> None:
        """Stop for this reason: 'timeout', 'cancelled' or 'outer timeout'. The first one stays."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            callbacks, children = list(self._callbacks), list(self._children)
        self.event.set()
        for child in children:
            child.set(_passed_on(reason))
        for callback in callbacks:
            callback()

    @contextmanager
    def on_stop(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call this when it stops, or now when it has."""
        with self._lock:
            self._callbacks.append(callback)
            stopped = self.reason is not None
        if stopped:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    def wait(self, seconds: float) -> bool:
        """Sleep for so long, or until it stops; whether it did."""
        return self.event.wait(max(seconds, 0))

    def remaining(self) -> float | None:
        """Seconds to the nearest time limit, its own or that of what it belongs to; None without one."""
        own = None if self.ends is None else max(self.ends - time.monotonic(), 0.0)
        outer = None if self._parent is None else self._parent.remaining()
        return min((value for value in (own, outer) if value is not None), default=None)

    def close(self) -> None:
        """Forget the timer and the parent."""
        if self._timer is not None:
            self._timer.cancel()
        if self._parent is not None:
            with self._parent._lock:
                if self in self._parent._children:
                    self._parent._children.remove(self)


def _passed_on(reason: str) -> str:
    """What a limit of something outer is to what is inside."""
    return "outer timeout" if reason == "timeout" else reason
