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

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None):
        super().__init__(self.token, name, dict(props), pulumi.ResourceOptions.merge(opts, _version()))


class WorkspaceFile(_DatabricksResource):
    """A file in the workspace's own file tree."""

    token = "databricks:index/workspaceFile:WorkspaceFile"


class Job(_DatabricksResource):
    """A job and its tasks."""

    token = "databricks:index/job:Job"
