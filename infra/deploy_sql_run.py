"""One run of the pipeline `deploy_sql`: started and watched through Azure's management interface.

That interface is always public, while the databases of a private network are reached from inside alone:
whoever runs `pulumi up` needs no way to them.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.errors import InfraError
from infra.rest import Rest, management
from sql import batches
from sql.template import literal

_API = "api-version=2018-06-01"
_RUNNING = ("Queued", "InProgress", "Canceling")
PAUSE, PATIENCE = 5.0, 1800.0
# What drivers do by a transaction and a lock must fit into one statement here: the service commits each.
_WHOLE = """do {tag}
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('highwater.sql_script'));
    execute {script};
end {tag};
"""


def version(script: str) -> str:
    """What tells one text of a script from another: 16 hex digits of its SHA-256."""
    return hashlib.sha256(script.encode()).hexdigest()[:16]


def as_one_statement(script: str) -> str:
    """A whole PostgreSQL script as one statement: all of it takes effect, one at a time, or nothing does."""
    quoted, tag, number = literal(script), "$highwater$", 0
    while tag in quoted:
        number += 1
        tag = f"$highwater{number}$"
    return _WHOLE.format(tag=tag, script=quoted)


def parameters(driver: str, database: str, name: str, script: str) -> dict[str, Any]:
    """What the pipeline is given: where the script runs, which one it is, and the batches of its text."""
    postgresql = driver == "postgresql"
    return {
        "store": "postgresql" if postgresql else "serving",
        "database": database,
        "name": name,
        "version": version(script),
        "batches": [as_one_statement(script)] if postgresql else batches.split(script),
    }


class SqlRun:
    """The pipeline, by its ARM id."""

    def __init__(
        self,
        pipeline_id: str,
        rest: Rest | None = None,
        patience: float = PATIENCE,
        pause: float = PAUSE,
        sleep: Callable[[float], None] = time.sleep,
    ):
        """
        Args:
            patience: seconds that a run may take, its wait for the managed network's compute included.
            pause: seconds between two looks at it.
        """
        self._pipeline = pipeline_id
        self._factory = pipeline_id.rpartition("/pipelines/")[0]
        self._rest = rest or management()
        self._patience, self._pause, self._sleep = patience, pause, sleep

    def apply(self, driver: str, database: str, name: str, script: str) -> str:
        """Run a script and wait for its end; the id of the run.

        Raises:
            InfraError: the pipeline is not there, the run failed (with the failed activity's own words), or
                it did not end in time, and then it was cancelled.
        """
        given = parameters(driver, database, name, script)
        begun = self._rest.call("POST", f"{self._pipeline}/createRun?{_API}", given)
        if begun is None:
            raise InfraError(f"Script {name} can't be run.", f"There is no pipeline {self._pipeline}.")
        run_id = begun["runId"]
        started, deadline = datetime.now(UTC), time.monotonic() + self._patience
        while (run := self._look(run_id)).get("status", "Queued") in _RUNNING:
            if time.monotonic() > deadline:
                self._rest.call("POST", f"{self._factory}/pipelineruns/{run_id}/cancel?{_API}")
                raise InfraError(
                    f"Script {name} on database {database} did not end.",
                    f"Run {run_id} of deploy_sql is {run.get('status')} after {self._patience:.0f} seconds.",
                    "See in the factory's monitoring what it waits for, then deploy again.",
                )
            self._sleep(self._pause)
        if run["status"] != "Succeeded":
            raise InfraError(
                f"Script {name} on database {database} failed.",
                self._why(run_id, started) or run.get("message") or run["status"],
                f"The factory keeps it as run {run_id} of the pipeline deploy_sql.",
            )
        return run_id

    def _look(self, run_id: str) -> dict[str, Any]:
        # A run that was made a moment ago may not be found yet.
        return self._rest.call("GET", f"{self._factory}/pipelineruns/{run_id}?{_API}") or {}

    def _why(self, run_id: str, started: datetime) -> str:
        """What the activities that failed said, the one that ran the script first."""
        path = f"{self._factory}/pipelineruns/{run_id}/queryActivityruns?{_API}"
        since, until = started - timedelta(days=1), started + timedelta(days=1)
        period = {"lastUpdatedAfter": since.isoformat(), "lastUpdatedBefore": until.isoformat()}
        answered = self._rest.call("POST", path, period) or {}
        failed = [run for run in answered.get("value", []) if run.get("status") == "Failed"]
        failed.sort(key=lambda run: run.get("activityType") != "Script")
        told = [(run["activityName"], (run.get("error") or {}).get("message")) for run in failed]
        return "; ".join(f"{name}: {message}" for name, message in told if message)
