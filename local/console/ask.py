"""What the console asks: the control database's views, the history of runs, the declared factory.

Each question opens its own connection, through a socket of this machine: pages are built side by side in threads.
"""

from dataclasses import dataclass
from functools import cached_property

import psycopg
from psycopg.rows import dict_row

from contracts import Contract, load_all
from local.adf.history import History, RunNode
from local.azure.trigger_states import TriggerStates
from local.factory import declared_factory, open_history
from local.serving import engine
from local.stack import LocalStack

RUNS_A_PAGE = 50
MOST_WINDOWS = 400  # of a table at a time
_TOP_RUNS = """
    select run_id, pipeline, status, started_at, ended_at, seconds, trigger ->> 'TriggerName' as trigger,
        error ->> 'message' as message, rerun_of
    from adf.pipeline_runs
    where parent is null and (%(pipeline)s::text is null or pipeline = %(pipeline)s)
      and (%(status)s::text is null or status = %(status)s)
"""
STEPS = 60
_RULE_HISTORY = """
    with chosen as (
        select * from control.rule_report
        where (%(hours)s::int is null or started >= now() - %(hours)s::int * interval '1 hour')
          and (%(table)s::text is null or table_name = %(table)s)
    ), scale as (
        select origin, greatest(interval '1 minute', (now() - origin) / %(steps)s) as width
        from (select coalesce(now() - %(hours)s::int * interval '1 hour', min(started)) as origin from chosen) as o
    )
    select date_bin(width, started, origin) as at, table_name, rule, sum(rows)::bigint as rows
    from chosen cross join scale group by 1, 2, 3 order by 1, 2, 3
"""


def _every(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


@dataclass(frozen=True)
class RunPage:
    """One page of the list of runs, newest first, and how many runs there are in all."""

    rows: list[dict]
    total: int


class Ask:
    """Questions to one stack. `lake` is what its Delta tables are asked with."""

    def __init__(self, stack: LocalStack):
        self.stack = stack
        self.lake = engine.Kept()
        open_history(stack).__exit__(None, None, None)  # makes its tables and stores what was left in files

    @cached_property
    def control(self) -> str:
        """The connection string of the control database, looked up once."""
        return self.stack.conninfo("control")

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts of the program, read once: their files change with it."""
        return tuple(load_all())

    def rows(self, query: str, values: dict | list | None = None) -> list[dict]:
        """Rows of a query to the control database, with the owner's rights: the history is his alone."""
        with psycopg.connect(self.control, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def tables(self) -> list[dict]:
        """Each table's state: the rows of control.status."""
        return self.rows("select * from control.status where enabled order by table_name")

    def triggers(self) -> list[dict]:
        """{name, type, state, pipelines, every} of each declared trigger."""
        from infra.trigger_plane import TOKEN

        states, found = TriggerStates(self.stack.state), []
        for record in self.stack.registry.all(TOKEN):
            properties = record.inputs["properties"]
            named = properties.get("pipelines") or [properties.get("pipeline") or {}]
            recurrence = properties.get("recurrence") or properties
            found.append(
                {
                    "name": record.name,
                    "type": properties["type"].removesuffix("Trigger"),
                    "state": states.get(record.name),
                    "pipelines": [p["pipelineReference"]["referenceName"] for p in named if p],
                    "every": _every(recurrence.get("interval", 1), recurrence["frequency"].lower()),
                }
            )
        return found

    def pipelines(self) -> dict[str, dict[str, str]]:
        """Each declared pipeline that starts by itself, with its parameters' defaults; None: it must be given."""
        found = {}
        for name, inputs in declared_factory(self.stack).pipelines.items():
            parameters = inputs.get("parameters") or {}
            found[name] = {key: given.get("defaultValue") for key, given in parameters.items()}
        return found

    def runs(self, page: int = 1, pipeline: str | None = None, status: str | None = None) -> RunPage:
        """The runs that were started by themselves, newest first."""
        values = {"pipeline": pipeline, "status": status, "limit": RUNS_A_PAGE,
                  "offset": (max(1, page) - 1) * RUNS_A_PAGE}  # fmt: skip
        found = self.rows(
            _TOP_RUNS + " order by started_at desc limit %(limit)s offset %(offset)s",
            values,
        )
        (total,) = self.rows(f"select count(*) as n from ({_TOP_RUNS}) r", values)
        return RunPage(found, total["n"])

    def history(self) -> History:
        return open_history(self.stack)

    def run(self, prefix: str) -> RunNode:
        """A run with all that it executed.

        Raises:
            HighwaterError: there is no run whose id begins so.
        """
        with self.history() as history:
            return history.tree(history.find(prefix))

    def run_tables(self, run_id: str) -> list[dict]:
        """What the ledger recorded of a run, one row a table."""
        query = "select * from control.run_report where run_id = %s and table_name is not null order by table_name"
        return self.rows(query, [run_id])

    def windows(self, table: str, newest: int = MOST_WINDOWS, last: int | None = None) -> list[dict]:
        """The newest windows of a table up to the number `last`, in the order of their numbers."""
        query = (
            "select * from (select * from control.window_list where table_name = %(table)s"
            " and (%(last)s::bigint is null or window_id <= %(last)s)"
            " order by window_id desc limit %(newest)s) w order by window_id"
        )
        return self.rows(query, {"table": table, "newest": newest, "last": last})

    def breaches(self) -> list[dict]:
        """What `ledger check` finds in the database."""
        return self.rows("select * from control.ledger_check()")

    def rules(self, hours: int | None, table: str | None = None) -> list[dict]:
        """{table_name, rule, severity, runs, rows, last, run_id} of each rule that rows broke in the last hours,
        ever when None."""
        query = (
            "select table_name, rule, max(severity) as severity, count(*) as runs, sum(rows)::bigint as rows,"
            " max(started) as last, (array_agg(run_id order by batch_id desc))[1] as run_id from control.rule_report"
            " where (%(hours)s::int is null or started >= now() - %(hours)s::int * interval '1 hour')"
            " and (%(table)s::text is null or table_name = %(table)s) group by 1, 2"
        )
        return self.rows(query, {"hours": hours, "table": table})

    def rule_history(self, hours: int | None, table: str | None = None) -> list[dict]:
        """{at, table_name, rule, rows} of the same rules, in at most some 60 steps of equal width."""
        return self.rows(_RULE_HISTORY, {"hours": hours, "table": table, "steps": STEPS})
