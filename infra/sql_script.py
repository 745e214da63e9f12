"""A SQL script as a resource: applied at `up`, and again whenever its text or its target changes."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import dynamic

from infra import sql_drivers
from infra.deploy_sql_run import SqlRun

_TARGET = ("driver", "server", "database", "user", "via")
# On another server or database nothing of the script is there yet.
_REPLACING = ("server", "database")


def _run(inputs: dict[str, Any], script: str) -> None:
    """Run `script` where and by the way the inputs say; the error names the script, never its text."""
    if inputs.get("via"):
        SqlRun(inputs["via"]).apply(inputs["driver"], inputs["database"], inputs["name"], script)
        return
    driver = sql_drivers.find(inputs["driver"])
    try:
        with driver(inputs["server"], inputs["database"], inputs["user"]) as session:
            session.execute(script)
    except Exception as error:
        raise RuntimeError(
            f"SQL script {inputs['name']} on database {inputs['database']}: {error}"
        ) from error


class _Provider(dynamic.ResourceProvider):
    """What the engine calls. It holds nothing, so that its pickled form never changes."""

    serialize_as_secret_always = False

    def check(self, _olds: dict, news: dict) -> dynamic.CheckResult:
        driver, known = news.get("driver"), sql_drivers.installed()
        if isinstance(driver, str) and driver not in known and not news.get("via"):
            reason = f"no SQL driver {driver!r} is installed here; installed are {', '.join(known)}"
            return dynamic.CheckResult(news, [dynamic.CheckFailure("driver", reason)])
        return dynamic.CheckResult(news, [])

    def diff(self, _id: str, olds: dict, news: dict) -> dynamic.DiffResult:
        changed = [key for key in (*_TARGET, "script", "undo") if olds.get(key) != news.get(key)]
        return dynamic.DiffResult(changes=bool(changed), replaces=[k for k in changed if k in _REPLACING])

    def create(self, props: dict) -> dynamic.CreateResult:
        _run(props, props["script"])
        return dynamic.CreateResult(f"{props['database']}/{props['name']}", props)

    def update(self, _id: str, _olds: dict, news: dict) -> dynamic.UpdateResult:
        _run(news, news["script"])
        return dynamic.UpdateResult(news)

    def delete(self, _id: str, props: dict) -> None:
        if props.get("undo"):
            _run(props, props["undo"])


@dataclass(frozen=True)
class SqlTarget:
    """Where scripts run: the driver by name, the server, the database and the login role.

    `via` is the pipeline that runs them from inside the network; None where they go straight.
    """

    driver: str
    server: pulumi.Input[str]
    database: pulumi.Input[str]
    user: pulumi.Input[str]
    via: pulumi.Input[str] | None = None


class SqlScript(dynamic.Resource, module="highwater", name="SqlScript"):
    """One re-runnable script on one database.

    Args:
        name: Pulumi's logical name.
        target: where it runs.
        script: the whole text; it must be safe to run again.
        undo: what takes it back when the resource is removed and its server stays; none leaves what is there.
    """

    def __init__(
        self,
        name: str,
        target: SqlTarget,
        script: str,
        undo: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        props = {key: getattr(target, key) for key in _TARGET} | {
            "name": name,
            "script": script,
            "undo": undo,
        }
        super().__init__(_Provider(), name, props, opts)
