"""The lake: an ADLS Gen2 account, its containers, and how long it keeps what is no longer needed."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import storage

from contracts import Contract
from infra.network import firewall
from infra.place import Place
from infra.sections import Lake as LakeSettings

CONTAINERS = ("landing", "bronze", "silver", "gold", "restricted", "quarantine")
# A rule takes ten prefixes (learn.microsoft.com, storage/blobs/lifecycle-management-policy-structure).
_PREFIXES = 10


def _rule(name: str, prefixes: Sequence[str], actions: storage.ManagementPolicyBaseBlobArgs):
    return storage.ManagementPolicyRuleArgs(
        name=name,
        type=storage.RuleType.LIFECYCLE,
        enabled=True,
        definition=storage.ManagementPolicyDefinitionArgs(
            filters=storage.ManagementPolicyFilterArgs(blob_types=["blockBlob"], prefix_match=list(prefixes)),
            actions=storage.ManagementPolicyActionArgs(base_blob=actions),
        ),
    )


def lifecycle(
    settings: LakeSettings, contracts: Sequence[Contract]
) -> list[storage.ManagementPolicyRuleArgs]:
    """The rules: files of landing go after a while, data files of bronze cool down.

    Nothing in landing is read again once its window is merged; it holds no Delta table. Bronze is one Delta
    table a contract, so its rules name the data files, which Delta calls part-..., and reach no _delta_log:
    a log that a rule moved or deleted would be a table that nobody can read. For the same reason no rule
    deletes in bronze; that is VACUUM's, which knows what the log still names. The other layers are served,
    or read by every merge, and stay hot.
    """
    after = storage.DateAfterModificationArgs
    rules = [
        _rule(
            "landing-expires",
            ["landing/"],
            storage.ManagementPolicyBaseBlobArgs(
                delete=after(days_after_modification_greater_than=settings.landing_days)
            ),
        )
    ]
    if settings.bronze_cool_days is None:
        return rules
    data = [f"bronze/{table}/part-" for table in sorted(contract.table for contract in contracts)]
    cool = storage.ManagementPolicyBaseBlobArgs(
        tier_to_cool=after(days_after_modification_greater_than=settings.bronze_cool_days)
    )
    groups = [data[at : at + _PREFIXES] for at in range(0, len(data), _PREFIXES)]
    return rules + [_rule(f"bronze-cools-{i}", group, cool) for i, group in enumerate(groups, 1)]


class Lake(pulumi.ComponentResource):
    """A storage account with a hierarchical namespace and one container a layer; no key opens it.

    Attributes:
        account: name of the account.
        account_id: its ARM id.
        blob_service_id: ARM id of its blob service, which is what logs.
        endpoint: the dfs endpoint, with a trailing slash.
        container_ids: ARM id of each container, by name.
    """

    account: pulumi.Output[str]
    account_id: pulumi.Output[str]
    blob_service_id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    container_ids: dict[str, pulumi.Output[str]]

    def __init__(
        self,
        place: Place,
        contracts: Sequence[Contract],
        tenant: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
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
            **firewall.lake(place, tenant),
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
        self._keeping(place, account, contracts)
        self.account = account.name
        self.account_id = account.id
        self.blob_service_id = pulumi.Output.concat(account.id, "/blobServices/default")
        self.endpoint = account.primary_endpoints.apply(lambda found: found.dfs)
        self.container_ids = {name: container.id for name, container in containers.items()}
        self.register_outputs({"account": self.account, "endpoint": self.endpoint})

    def _keeping(self, place: Place, account: storage.StorageAccount, contracts: Sequence[Contract]) -> None:
        """Soft delete and lifecycle rules. With a hierarchical namespace Azure has neither versions nor
        point-in-time restore, so soft delete is the one way back."""
        settings = place.settings.lake
        inside = {"account_name": account.name, "resource_group_name": place.group}
        options = pulumi.ResourceOptions(parent=self, deleted_with=account)
        kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=settings.soft_delete_days)
        service = storage.BlobServiceProperties(
            "blob-service",
            blob_services_name="default",
            delete_retention_policy=kept,
            container_delete_retention_policy=kept,
            **inside,
            opts=options,
        )
        storage.ManagementPolicy(
            "lifecycle",
            management_policy_name="default",
            policy=storage.ManagementPolicySchemaArgs(rules=lifecycle(settings, contracts)),
            **inside,
            # After soft delete is on, so that what a first rule takes away can be had back.
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[service])),
        )
