"""Databricks' resources by their wire names.

The typed package `pulumi_databricks` reads a quarter of a million lines at import, some seconds in every
process that declares anything. These few classes declare the same resources through the same provider;
a test holds their names against that package.
"""

import importlib.metadata
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi

_PACKAGE = "pulumi-databricks"


def _version() -> pulumi.ResourceOptions:
    """The provider's version is the typed package's, so that one line of the lock file holds both."""
    return pulumi.ResourceOptions(version=importlib.metadata.version(_PACKAGE))


class DatabricksProvider(pulumi.ProviderResource):
    """The connection to one workspace. Who connects comes from the environment, never from the program."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None):
        super().__init__("databricks", name, dict(props), pulumi.ResourceOptions.merge(opts, _version()))


class _DatabricksResource(pulumi.CustomResource):
    """One resource; `props` by the provider's wire names. Each of them is an output too."""

    token: ClassVar[str]
    told: ClassVar[tuple[str, ...]] = ()  # outputs that are no inputs

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None):
        outputs = dict.fromkeys(self.told) | dict(props)
        super().__init__(self.token, name, outputs, pulumi.ResourceOptions.merge(opts, _version()))


class WorkspaceFile(_DatabricksResource):
    """A file in the workspace's own file tree."""

    token = "databricks:index/workspaceFile:WorkspaceFile"


class Job(_DatabricksResource):
    """A job and its tasks."""

    token = "databricks:index/job:Job"


class InstancePool(_DatabricksResource):
    """Machines that stay up for a while after a cluster gave them back, for the next one."""

    token = "databricks:index/instancePool:InstancePool"


class NetworkConnectivityConfig(_DatabricksResource):
    """How serverless compute of an account's workspaces reaches private things."""

    token = "databricks:index/mwsNetworkConnectivityConfig:MwsNetworkConnectivityConfig"
    told = ("networkConnectivityConfigId",)


class NetworkConnectivityRule(_DatabricksResource):
    """A private endpoint that such a configuration leads through."""

    token = "databricks:index/mwsNccPrivateEndpointRule:MwsNccPrivateEndpointRule"
    told = ("endpointName",)


class NetworkConnectivityBinding(_DatabricksResource):
    """A workspace and the configuration that holds for it."""

    token = "databricks:index/mwsNccBinding:MwsNccBinding"


class ServicePrincipal(_DatabricksResource):
    """An Entra application that a workspace knows."""

    token = "databricks:index/servicePrincipal:ServicePrincipal"


class Permissions(_DatabricksResource):
    """Who may do what with one object of a workspace; it replaces what others declared of it."""

    token = "databricks:index/permissions:Permissions"


class StorageCredential(_DatabricksResource):
    """What Unity Catalog enters storage with."""

    token = "databricks:index/storageCredential:StorageCredential"


class ExternalLocation(_DatabricksResource):
    """A path of storage, and the credential that it is entered with."""

    token = "databricks:index/externalLocation:ExternalLocation"


class Catalog(_DatabricksResource):
    """A catalog of the metastore."""

    token = "databricks:index/catalog:Catalog"


class Schema(_DatabricksResource):
    """A schema of a catalog."""

    token = "databricks:index/schema:Schema"


class Grant(_DatabricksResource):
    """One principal's privileges on one securable; those of others stay as they are."""

    token = "databricks:index/grant:Grant"
