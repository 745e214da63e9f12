"""Random histories of writers, and what plays many of them at once into one source while its pipelines run.

A history owns its keys and its two writers, so that it is lost or right by itself; the runs are common to a group.
Its steps are (tick, action, writer, key); what can't be done when its turn comes, such as a commit without a
transaction or a row that another writer holds, is passed over.
"""

import contextlib
import random
import threading
from dataclasses import dataclass, field

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

TICKS = 30
KEYS = 5
ALONE = ("insert", "update", "soft delete", "vanish", "again", "event", "three at once")
INSIDE = ("look", "insert", "update", "soft delete", "again", "event", "undone", "kept")
ENDS = ("commit", "commit", "commit", "roll back", "prepare")

Step = tuple[int, str, int, int]


@st.composite
def history(draw: st.DrawFn) -> tuple[Step, ...]:
    """The steps of one history in the order of their ticks: single writes, and transactions that lie across ticks."""
    steps: list[Step] = [(draw(st.integers(0, 3)), "three at once", 0, 0)]
    for _ in range(draw(st.integers(1, 4))):
        tick, action = draw(st.integers(1, TICKS - 1)), draw(st.sampled_from(ALONE))
        steps.append((tick, action, 0, draw(st.integers(0, KEYS - 1))))
    if draw(st.booleans()):  # what the first runs have read is gone later
        steps.append((draw(st.integers(8, TICKS - 1)), "vanish", 0, 0))
    for writer in (0, 1):
        tick = draw(st.integers(1, TICKS // 2))  # what tick 0 wrote, no transaction keeps from being read
        for _ in range(draw(st.integers(0, 3))):
            steps.append((tick, "begin", writer, 0))
            for _ in range(draw(st.integers(0, 3))):
                tick += draw(st.integers(0, 1))
                steps.append((tick, draw(st.sampled_from(INSIDE)), writer, draw(st.integers(0, KEYS - 1))))
            tick += draw(st.integers(0, 3))
            end = draw(st.sampled_from(ENDS))
            steps.append((tick, end, writer, 0))
            if end == "prepare":
                tick += draw(st.integers(1, 2))
                steps.append((tick, draw(st.sampled_from(("commit it", "roll it back"))), writer, 0))
            tick += draw(st.integers(0, 3))
    return tuple(sorted(steps, key=lambda step: step[0]))


def generate(number: int, count: int) -> list[tuple[Step, ...]]:
    """`count` histories of the seed `number`: the same ones each time."""
    found: list[tuple[Step, ...]] = []

    @seed(number)
    @settings(max_examples=count, phases=[Phase.generate], database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(history())
    def collect(one: tuple[Step, ...]) -> None:
        found.append(one)

    while len(found) < count:  # a simple history is given once
        collect()
    return found[:count]


@dataclass
class Writers:
    """Plays the histories of a group tick by tick. `most` transactions are open at once, `most_prepared` are prepared.

    A transaction that may not be prepared is committed: while one is, no run reads anything of the whole group.
    """

    conninfo: str
    histories: list[tuple[Step, ...]]
    chance: random.Random
    most: int = 75
    most_prepared: int = 8
    tick: int = 0
    done: dict[str, int] = field(default_factory=dict)
    open: dict[tuple[int, int], psycopg.Connection] = field(default_factory=dict)
    prepared: set[tuple[int, int]] = field(default_factory=set)
    idle: list[psycopg.Connection] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.alone = self._connect()

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(self.conninfo, autocommit=True)
        connection.execute("set lock_timeout = '20ms'")
        connection.execute("set synchronous_commit = off")
        return connection

    def play(self, ticks: int = 1) -> None:
        """The next ticks of every history. One at a time, whoever asks."""
        with self.lock:
            for _ in range(ticks):
                order = list(range(len(self.histories)))
                self.chance.shuffle(order)
                for h in order:
                    for step in self.histories[h]:
                        if step[0] == self.tick:
                            self._step(h, step)
                self.tick += 1

    @property
    def over(self) -> bool:
        return self.tick > max(step[0] for steps in self.histories for step in steps)

    def _step(self, h: int, step: Step) -> None:
        _, action, writer, key = step
        mine = (h, writer)
        try:
            if action == "begin":
                self._begin(mine)
            elif action in ("commit it", "roll it back"):
                self._end_prepared(mine, action == "commit it")
            elif action in ENDS:
                self._end(mine, action)
            else:
                connection = self.open.get(mine)
                self._write(connection or self.alone, h, action, h * 100 + key)
        except psycopg.errors.LockNotAvailable:
            self._end(mine, "roll back")
            return
        self.done[action] = self.done.get(action, 0) + 1

    def _begin(self, mine: tuple[int, int]) -> None:
        if mine in self.open or mine in self.prepared or len(self.open) >= self.most:
            return
        self.open[mine] = self.idle.pop() if self.idle else self._connect()
        self.open[mine].execute("begin")

    def _end(self, mine: tuple[int, int], how: str) -> None:
        connection = self.open.pop(mine, None)
        if connection is None:
            return
        if how == "prepare" and len(self.prepared) < self.most_prepared:
            connection.execute(f"prepare transaction '{mine[0]}-{mine[1]}'")
            self.prepared.add(mine)
            self.done["prepared"] = self.done.get("prepared", 0) + 1
        else:
            connection.execute("rollback" if how == "roll back" else "commit")
        self.idle.append(connection)

    def _end_prepared(self, mine: tuple[int, int], well: bool) -> None:
        if mine in self.prepared:
            self.prepared.discard(mine)
            self.alone.execute(f"{'commit' if well else 'rollback'} prepared '{mine[0]}-{mine[1]}'")

    def _write(self, connection: psycopg.Connection, h: int, action: str, key: int) -> None:
        insert = (
            "insert into mobility.thing (thing_id, body) values ({}, gen_random_uuid()::text)"
            " on conflict do nothing"
        )
        change = f"update mobility.thing set body = gen_random_uuid()::text where thing_id = {key}"
        event = f"insert into mobility.event (body) values ('{h}')"
        statements = {
            "look": "select 1",
            "insert": insert.format(key),
            "update": change,
            "soft delete": f"update mobility.thing set is_deleted = not is_deleted where thing_id = {key}",
            "vanish": f"delete from mobility.thing where thing_id = {key}",
            "again": f"delete from mobility.thing where thing_id = {key}; {insert.format(key)}",
            "event": event,
            "three at once": "; ".join(insert.format(key + i) for i in range(3)) + "; " + event,
            "undone": f"savepoint s; {insert.format(key)}; {change}; {event}; rollback to s",
            "kept": f"savepoint s; {insert.format(key)}; {change}; {event}; release s",
        }
        if action in ("undone", "kept") and connection is self.alone:
            action = "insert"  # a savepoint needs a transaction
        connection.execute(statements[action])

    def finish(self) -> None:
        """End what is open, some well and some not."""
        while not self.over:
            self.play()
        for mine in list(self.open):
            self._end(mine, self.chance.choice(("commit", "roll back")))
        for mine in list(self.prepared):
            self._end_prepared(mine, True)

    def close(self) -> None:
        for connection in (self.alone, *self.idle, *self.open.values()):
            with contextlib.suppress(psycopg.Error):
                connection.close()
