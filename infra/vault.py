"""The stack's Key Vault: for the secrets of others, as an external source's password. It holds none of ours."""

import pulumi
from pulumi_azure_native import keyvault

from infra.network import firewall
from infra.place import Place


class Vault(pulumi.ComponentResource):
    """A vault that only roles open.

    It has another name each time that it is made: Azure keeps a deleted vault, and its name with it, for as
    long as the retention says, and refuses a new vault of that name all the while. So the engine adds eight
    characters to the name, which stay as long as the vault does.

    Secrets are put into it by `highwater bootstrap-secret`, never by this program: no value of one is in a stack
    file or in state.

    Args:
        tenant: id of the Entra tenant.

    Attributes:
        vault_id: its ARM id.
        uri: `https://` and its host, with a trailing slash.
    """

    vault_id: pulumi.Output[str]
    uri: pulumi.Output[str]

    def __init__(self, place: Place, tenant: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:Vault", "vault", None, opts)
        settings = place.settings
        vault = keyvault.Vault(
            place.names.of("key_vault"),
            resource_group_name=place.group,
            location=settings.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=tenant,
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=90 if settings.protect else 7,
                # It can't be taken back, and Azure refuses to be told false.
                enable_purge_protection=True if settings.protect else None,
                **firewall.vault(settings.network),
            ),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect or None),
        )
        self.vault_id = vault.id
        self.uri = vault.properties.apply(lambda found: found.vault_uri)
        self.register_outputs({"uri": self.uri})
