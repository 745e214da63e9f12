"""The state of windows in PostgreSQL: what keeps a restart from losing one or running it twice.

A window is claimed before its run starts, with the id that the run will have. So whatever dies in between, the
row tells which run to look for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from local.adf.history.schema import prepare
from local.adf.triggers.windows import RUNNING, WAITING, Standing, Window


@dataclass(frozen=True)
class Claim:
    """A window that is being run: by which run, and which attempt it is."""

    window: Window
    run_id: str
    attempt: int


class WindowStore:
    """The windows of a factory's triggers.

    Args:
        conninfo: of the control database, for a role that may create the schema `adf`.
    """

    def __init__(self, conninfo: str):
        self._conninfo = conninfo
        self._prepared = False

    @contextmanager
    def _open(self) -> Iterator[psycopg.Connection]:
        # One connection a call: they are rare, and a database that was away in between does no harm.
        with psycopg.connect(
            self._conninfo, autocommit=True, connect_timeout=5, application_name="adf triggers"
        ) as connection:
            if not self._prepared:
                prepare(connection)
                self._prepared = True
            yield connection

    def load(self, trigger: str) -> dict[datetime, Standing]:
        """What is known of a trigger's windows, by their start."""
        query = "select window_start, status, since from adf.trigger_windows where trigger_name = %s"
        with self._open() as connection:
            rows = connection.execute(query, [trigger]).fetchall()
        return {
            start.astimezone(UTC): Standing(status, since.astimezone(UTC)) for start, status, since in rows
        }

    def running(self, trigger: str) -> list[Claim]:
        """The windows that are being run, or were when a watch died."""
        query = """
            select window_start, window_end, run_id, attempt from adf.trigger_windows
            where trigger_name = %s and status = %s order by window_start"""
        with self._open() as connection:
            rows = connection.execute(query, [trigger, RUNNING]).fetchall()
        return [
            Claim(Window(start.astimezone(UTC), end.astimezone(UTC)), run_id, attempt)
            for start, end, run_id, attempt in rows
        ]

    def claim(self, trigger: str, claim: Claim, instead_of: str | None = None) -> bool:
        """Take a window for a run; False when somebody else has it.

        Args:
            instead_of: the earlier run of the same window that this one repeats.
        """
        with self._open() as connection:
            taken = connection.execute(
                """
                insert into adf.trigger_windows as w
                    (trigger_name, window_start, window_end, status, run_id, attempt)
                values (%(trigger)s, %(start)s, %(end)s, %(running)s, %(run)s, %(attempt)s)
                on conflict (trigger_name, window_start) do update
                set status = excluded.status, run_id = excluded.run_id, attempt = excluded.attempt,
                    changed_at = now()
                where w.status = %(waiting)s or (w.status = %(running)s and w.run_id = %(instead)s)
                returning 1""",
                {
                    "trigger": trigger, "start": claim.window.start, "end": claim.window.end,
                    "run": claim.run_id, "attempt": claim.attempt, "instead": instead_of,
                    "running": RUNNING, "waiting": WAITING,
                },
            ).fetchone()  # fmt: skip
        return taken is not None

    def wait(self, trigger: str, windows: Sequence[Window]) -> None:
        """Note that windows wait for what they depend on."""
        query = """
            insert into adf.trigger_windows (trigger_name, window_start, window_end, status)
            values (%s, %s, %s, %s) on conflict do nothing"""
        with self._open() as connection, connection.cursor() as cursor:
            cursor.executemany(query, [(trigger, one.start, one.end, WAITING) for one in windows])

    def settle(self, trigger: str, start: datetime, status: str, message: str = "") -> None:
        """Note how a window ended."""
        with self._open() as connection:
            connection.execute(
                """
                update adf.trigger_windows set status = %s, message = nullif(%s, ''), changed_at = now()
                where trigger_name = %s and window_start = %s""",
                [status, message.replace("\x00", ""), trigger, start],
            )

    def adopt(self, earlier: str, run_id: str, status: str) -> int:
        """Let the outcome of a re-run be that of the window whose run it repeats; how many windows that were."""
        with self._open() as connection:
            return connection.execute(
                """
                update adf.trigger_windows set status = %s, run_id = %s, changed_at = now()
                where run_id = %s and status <> %s""",
                [status, run_id, earlier, RUNNING],
            ).rowcount
