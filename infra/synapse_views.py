"""The serving database: its data sources, every contract's views, and who may read them."""

from collections.abc import Sequence

import pulumi

from contracts import Contract
from infra.place import Place
from infra.sql_route import SqlRoute
from infra.sql_script import SqlScript
from infra.synapse import SynapseWorkspace
from sql import serving

_MASTER = "master"


class Views(pulumi.ComponentResource):
    """The serving database and all that is in it, each part a script that may be run again.

    Args:
        route: how scripts get to the pool.
    """

    def __init__(
        self,
        place: Place,
        workspace: SynapseWorkspace,
        route: SqlRoute,
        lake_endpoint: pulumi.Output[str],
        contracts: Sequence[Contract],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Views", "views", None, opts)
        self._workspace, self._settings = workspace, place.settings.serving
        self._master, self._database = (
            route.target(self._settings.driver, workspace.endpoint, name)
            for name in (_MASTER, serving.DATABASE)
        )
        self._ready = [*workspace.ready, *route.ready]
        database = self._script("serving-database", serving.create_database(), self._ready, master=True)
        if self._settings.daily_terabytes is not None:
            limit = serving.data_limit(self._settings.daily_terabytes)
            self._script("serving-limit", limit, self._ready, master=True)
        sources = self._script("serving-sources", lake_endpoint.apply(serving.database_script), [database])
        made: list[pulumi.Resource] = []
        for name, text in (found for contract in contracts for found in serving.view_scripts(contract)):
            made.append(self._view(name, text, [sources]))
        for name, text in serving.batch_scripts(contracts):
            made.append(self._view(name, text, made))
        self._readers(sources)
        self.register_outputs({})

    def _view(self, name: str, text: str, after: Sequence[pulumi.Resource]) -> SqlScript:
        schema, view = name.split(".")
        return self._script(f"view-{name}", text, after, undo=f"DROP VIEW IF EXISTS [{schema}].[{view}];\n")

    def _readers(self, sources: SqlScript) -> None:
        """A login, a user and its roles for each principal that the settings name."""
        readers = serving.readers(
            {"mart": self._settings.readers, "restricted": self._settings.restricted_readers}
        )
        if not readers:
            return
        roles = self._script("serving-roles", serving.roles_script(), [sources])
        for reader in readers:
            login = self._script(
                f"login-{reader.name}",
                serving.login(reader),
                self._ready,
                undo=serving.drop_login(reader),
                master=True,
            )
            self._script(
                f"reader-{reader.name}",
                serving.membership(reader),
                [roles, login],
                undo=serving.drop_user(reader),
            )

    def _script(
        self,
        name: str,
        text: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        undo: str | None = None,
        *,
        master: bool = False,
    ) -> SqlScript:
        options = pulumi.ResourceOptions(
            parent=self, depends_on=list(after), deleted_with=self._workspace.resource
        )
        return SqlScript(name, self._master if master else self._database, text, undo=undo, opts=options)
