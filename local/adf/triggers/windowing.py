"""Carries windows from due to settled: claims, runs, repeats, and takes up what an earlier watch left."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import psycopg

from local.adf.triggers.model import Trigger, WindowTrigger
from local.adf.triggers.store import Claim, WindowStore
from local.adf.triggers.windows import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    WAITING,
    Standing,
    Window,
    decide,
    first_unsettled,
    satisfied,
)

EXPIRED = "What it depends on had not succeeded after seven days."
RETRY_STORE_SECONDS, REFRESH_SECONDS = 2.0, 5.0


class HasStatus(Protocol):
    """How a run ended."""

    @property
    def status(self) -> str: ...
    @property
    def message(self) -> str: ...


class Windows:
    """The windows of tumbling window triggers.

    Args:
        outcome: the status of an earlier run by its id, None when it never began.
        run: runs a window to its end under a run id.
        ending: set when nothing more is to be started.
    """

    def __init__(
        self,
        store: WindowStore,
        outcome: Callable[[str], str | None],
        run: Callable[[WindowTrigger, Window, str], HasStatus],
        ending: threading.Event,
    ):
        self._triggers: dict[str, WindowTrigger] = {}
        self._store, self._outcome = store, outcome
        self._run, self._ending = run, ending
        self._known: dict[str, dict[datetime, Standing]] = {}
        self._first: dict[str, int] = {}
        self._left: dict[str, list[Claim]] = {}  # what an earlier watch left running
        self._lock = threading.Lock()
        self._read = time.monotonic()

    def declare(self, triggers: Mapping[str, Trigger]) -> None:
        """Go by these triggers from now on."""
        self._triggers = {name: one for name, one in triggers.items() if isinstance(one, WindowTrigger)}
        self._first.clear()

    def look(self, trigger: WindowTrigger, now: datetime) -> Iterator[Callable[[], None]]:
        """The jobs to start for a trigger now; each claims its window before it is given.

        Raises:
            psycopg.Error: the state of windows can't be reached; what was given stands.
        """
        if trigger.name not in self._left:
            self._left[trigger.name] = self._store.running(trigger.name)
        left = self._left[trigger.name]
        self._loaded(trigger.name)
        while left:  # one that can't be taken up now stays for the next look
            yield from self._take_up(trigger, left[0])
            left.pop(0)
        known = self._loaded(trigger.name)
        if any(one.status == WAITING for one in known.values()):
            self._refresh(REFRESH_SECONDS)  # a failed window that was run again lets others go on
            known = self._known[trigger.name]
        with self._lock:
            self._first[trigger.name] = first_unsettled(trigger, known, self._first.get(trigger.name, 0))
            decision = decide(
                trigger,
                now,
                known,
                lambda one: satisfied(trigger, one, self._known_of),
                self._first[trigger.name],
            )
        if decision.wait:
            self._store.wait(trigger.name, decision.wait)
            for one in decision.wait:
                self._note(trigger, one, WAITING, now)
        for one in decision.expire:
            self._settle(trigger, one, FAILED, EXPIRED)
        for one in decision.run:
            claim = Claim(one, str(uuid.uuid4()), 1)
            if self._store.claim(trigger.name, claim):
                self._note(trigger, one, RUNNING, now)
                yield lambda claim=claim: self._carry(trigger, claim)
            else:  # somebody else settled it
                self._refresh()

    def _loaded(self, name: str) -> dict[datetime, Standing]:
        if name not in self._known:
            self._known[name] = self._store.load(name)
        return self._known[name]

    def _refresh(self, older_than: float = 0.0) -> None:
        """Read the state of windows again."""
        if time.monotonic() - self._read < older_than:
            return
        self._read = time.monotonic()
        with self._lock:
            for name in self._known:
                self._known[name] = self._store.load(name)

    def _known_of(self, name: str) -> tuple[WindowTrigger, Mapping[datetime, Standing]]:
        return self._triggers[name], self._loaded(name)

    def _note(self, trigger: WindowTrigger, one: Window, status: str, now: datetime | None = None) -> None:
        with self._lock:
            known = self._known[trigger.name]
            before = known.get(one.start)
            since = before.since if before else now or datetime.now(UTC)
            known[one.start] = Standing(status, since)

    def _take_up(self, trigger: WindowTrigger, claim: Claim) -> Iterator[Callable[[], None]]:
        """Go on with a window whose watch died: settle it by its run's end, or run it again."""
        status = self._outcome(claim.run_id)
        if status == SUCCEEDED:
            self._settle(trigger, claim.window, SUCCEEDED)
            return
        if status == FAILED and claim.attempt > trigger.retries:
            self._settle(trigger, claim.window, FAILED, "Its run failed.")
            return
        # A run that was cancelled or killed with its watch has not had its turn: that attempt does not count.
        attempt = claim.attempt + 1 if status == FAILED else claim.attempt
        again = replace(claim, run_id=str(uuid.uuid4()), attempt=attempt)
        if self._store.claim(trigger.name, again, instead_of=claim.run_id):
            yield lambda: self._carry(trigger, again)

    def _carry(self, trigger: WindowTrigger, claim: Claim) -> None:
        """Run a window, and run it again as the retry policy says, until it is settled."""
        while True:
            ended = self._run(trigger, claim.window, claim.run_id)
            if ended.status == SUCCEEDED:
                return self._settle(trigger, claim.window, SUCCEEDED)
            if ended.status == CANCELLED:
                if self._ending.is_set():
                    return None  # cancelled with the watch: the next one runs it
                return self._settle(trigger, claim.window, CANCELLED, ended.message)
            if claim.attempt > trigger.retries:
                return self._settle(trigger, claim.window, FAILED, ended.message)
            if self._ending.wait(trigger.retry_seconds):
                return None  # the next watch repeats it
            again = replace(claim, run_id=str(uuid.uuid4()), attempt=claim.attempt + 1)
            if not self._persist(
                lambda again=again, old=claim.run_id: self._store.claim(trigger.name, again, old)
            ):
                return None
            claim = again

    def _settle(self, trigger: WindowTrigger, one: Window, status: str, message: str = "") -> None:
        self._persist(lambda: self._store.settle(trigger.name, one.start, status, message))
        self._note(trigger, one, status)

    def _persist(self, change: Callable[[], object]) -> object:
        """Make a change of state, however long the database is away; None when the watch ends before that."""
        while True:
            try:
                return change()
            except psycopg.Error:
                if self._ending.wait(RETRY_STORE_SECONDS):
                    return None  # the run's own record tells the next watch
