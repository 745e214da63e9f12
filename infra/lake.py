"""The lake: an ADLS Gen2 account and its containers."""

import pulumi
from pulumi_azure_native import storage

from infra.place import Place

CONTAINERS = ("landing", "bronze", "silver", "gold", "restricted", "quarantine")


class Lake(pulumi.ComponentResource):
    """A storage account with a hierarchical namespace and one container a layer; no key opens it.

    Attributes:
        account: name of the account.
        account_id: its ARM id.
        endpoint: the dfs endpoint, with a trailing slash.
        container_ids: ARM id of each container, by name.
    """

    account: pulumi.Output[str]
    account_id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    container_ids: dict[str, pulumi.Output[str]]

    def __init__(self, place: Place, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:Lake", "lake", None, opts)
        settings = place.settings
        child = pulumi.ResourceOptions(parent=self, protect=settings.protect or None)
        account = storage.StorageAccount(
            "lake",
            account_name=place.names.of("storage_account"),
            resource_group_name=place.group,
            location=settings.location,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=settings.lake.redundancy),
            is_hns_enabled=True,
            allow_shared_key_access=False,
            allow_blob_public_access=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            tags=settings.tags,
            opts=child,
        )
        containers = {
            name: storage.BlobContainer(
                name,
                account_name=account.name,
                container_name=name,
                resource_group_name=place.group,
                public_access=storage.PublicAccess.NONE,
                opts=child,
            )
            for name in CONTAINERS
        }
        self.account = account.name
        self.account_id = account.id
        self.endpoint = account.primary_endpoints.apply(lambda found: found.dfs)
        self.container_ids = {name: container.id for name, container in containers.items()}
        self.register_outputs({"account": self.account, "endpoint": self.endpoint})
