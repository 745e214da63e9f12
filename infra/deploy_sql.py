"""The way of scripts through the factory: two linked services and the pipeline `deploy_sql`.

The identity that they go by administers the databases. The pipelines that move rows have another one, which
administers nothing.
"""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import datafactory, resources

from infra.factory_host import FactoryHost
from infra.identity import FactoryIdentity
from pipelines import deploy_sql, linked_services


class DeploySql(pulumi.ComponentResource):
    """What runs a stack's scripts from inside its network.

    Args:
        host: the factory; `pipelines.deploy_sql.CREDENTIAL` must be one of its credentials.
        identity: the identity behind that credential.
        postgresql: host name of the PostgreSQL server.
        serving: endpoint of the serverless SQL pool.
        ready: what must be there before a run can reach a database: its private endpoints, approved.

    Attributes:
        via: ARM id of the pipeline.
    """

    via: pulumi.Output[str]

    def __init__(
        self,
        host: FactoryHost,
        identity: FactoryIdentity,
        postgresql: pulumi.Input[str],
        serving: pulumi.Input[str],
        ready: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:DeploySql", "deploy-sql", None, opts)
        credential = host.credentials[deploy_sql.CREDENTIAL]
        ssl_mode = host.place.settings.postgres.ssl_mode
        name = deploy_sql.SERVICES[deploy_sql.POSTGRESQL]
        on_postgresql = resources.Resource(
            f"{name}-service",
            api_version=linked_services.API_VERSION,
            resource_provider_namespace="Microsoft.DataFactory",
            parent_resource_path=pulumi.Output.concat("factories/", host.resource.name),
            resource_type="linkedservices",
            resource_name_=name,
            resource_group_name=host.place.group,
            properties=host.reached(deploy_sql.postgresql(postgresql, identity.name, ssl_mode)),
            opts=host.options(credential, parent=self),
        )
        name = deploy_sql.SERVICES[deploy_sql.SERVING]
        on_serving = datafactory.LinkedService(
            f"{name}-service",
            linked_service_name=name,
            properties=host.reached(deploy_sql.serving(serving)),
            **host.inside,
            opts=host.options(credential, parent=self),
        )
        pipeline = datafactory.Pipeline(
            deploy_sql.NAME,
            pipeline_name=deploy_sql.NAME,
            **deploy_sql.definition(),
            **host.inside,
            opts=host.options(on_postgresql, on_serving, *ready, parent=self),
        )
        self.via = pipeline.id
        self.register_outputs({"via": self.via})
