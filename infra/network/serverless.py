"""How serverless compute, which is in no network of ours, gets to private stores: by the Databricks account."""

import pulumi

from infra import reach
from infra.approvals import LinkApproval
from infra.databricks_sdk import (
    DatabricksProvider,
    NetworkConnectivityBinding,
    NetworkConnectivityConfig,
    NetworkConnectivityRule,
)
from infra.place import Place

ACCOUNTS = "https://accounts.azuredatabricks.net"


class ServerlessNetwork(pulumi.ComponentResource):
    """A network connectivity configuration of the stack's own, its private endpoint rules, and its workspace.

    Only an administrator of the Databricks account may make them. A rule that nobody approves expires after
    two weeks; here each is approved at once.

    Args:
        stores: ARM id of each store, by its name in `infra.reach`.
        workspace: the workspace's number at Databricks.

    Attributes:
        ready: what is there once serverless compute of the workspace gets to the stores.
    """

    ready: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        stores: dict[str, pulumi.Input[str]],
        workspace: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:ServerlessNetwork", "serverless", None, opts)
        settings = place.settings
        account = DatabricksProvider(
            "databricks-account",
            {"host": ACCOUNTS, "accountId": settings.databricks.account_id},
            pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, provider=account)
        config = NetworkConnectivityConfig(
            "serverless",
            {"name": place.names.of("network_connectivity"), "region": settings.location},
            child,
        )
        inside = {"networkConnectivityConfigId": config.networkConnectivityConfigId}
        links = reach.links(settings, reach.Path.SERVERLESS)
        self.ready = []
        for store in sorted({store for store, _ in links}):
            made = {
                f"serverless {store} {part}": NetworkConnectivityRule(
                    f"serverless-{store}-{part.lower()}",
                    inside | {"resourceId": stores[store], "groupId": part},
                    child,
                )
                for own, part in links
                if own == store
            }
            wanted = {label: rule.endpointName for label, rule in made.items()}
            after = pulumi.ResourceOptions(parent=self, depends_on=list(made.values()))
            self.ready.append(LinkApproval(f"serverless-{store}-endpoints", stores[store], wanted, after))
        self.ready.append(
            NetworkConnectivityBinding("serverless", inside | {"workspaceId": workspace}, child)
        )
        self.register_outputs({})
