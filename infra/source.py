"""The sample source: the mobility company's operational tables, on our own server."""

from collections.abc import Sequence

import pulumi

from contracts import Contract
from infra.postgres_databases import PostgresDatabases
from infra.sql_script import SqlScript, SqlTarget
from sql import ddl

DATABASE = "source"


class SampleSource(pulumi.ComponentResource):
    """A table a contract, and the right of the factory's role to read it.

    Attributes:
        target: the database, as scripts reach it.
    """

    target: SqlTarget

    def __init__(
        self,
        databases: PostgresDatabases,
        contracts: Sequence[Contract],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:SampleSource", "source", None, opts)
        self.target = databases.database(DATABASE, self)

        def script(name: str, text: str, after: list[pulumi.Resource]) -> SqlScript:
            options = pulumi.ResourceOptions(parent=self, depends_on=after, deleted_with=databases.resource)
            return SqlScript(name, self.target, text, opts=options)

        schemas = sorted({contract.source.schema_name for contract in contracts})
        roles = script("source-roles", ddl.roles(schemas=tuple(schemas)), [])
        for contract in contracts:
            text = ddl.create_table(contract) + ddl.grants(contract)
            script(f"source-{contract.table}", text, [roles])
        self.register_outputs({})
