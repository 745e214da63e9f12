"""The control database: the window ledger, and a row for each contract."""

from collections.abc import Sequence

import pulumi

from contracts import Contract
from infra.postgres_databases import PostgresDatabases
from infra.sql_script import SqlScript, SqlTarget
from sql import ledger

DATABASE = "control"


class Control(pulumi.ComponentResource):
    """The ledger's schema and functions in their order, the contracts' rows, and which contracts there are.

    Attributes:
        target: the database, as scripts reach it.
        ready: what a pipeline that uses the ledger waits for.
    """

    target: SqlTarget
    ready: list[pulumi.Resource]

    def __init__(
        self,
        databases: PostgresDatabases,
        contracts: Sequence[Contract],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Control", "control", None, opts)
        self.target = databases.database(DATABASE, self)

        def script(name: str, text: str, after: list[pulumi.Resource]) -> SqlScript:
            options = pulumi.ResourceOptions(parent=self, depends_on=after, deleted_with=databases.resource)
            return SqlScript(name, self.target, text, opts=options)

        last: list[pulumi.Resource] = []
        for name, text in ledger.scripts():
            last = [script(f"control-{name}", text, last)]
        rows = [script(f"contract-{c.table}", ledger.contract_row(c), last) for c in contracts]
        self.ready = [script("contracts", ledger.contract_list(contracts), rows)]
        self.register_outputs({})
