"""The local counterparts: what a create of a resource makes on this machine, and a delete removes.

Most resources are only recorded: Data Factory's pipelines, a role assignment or a Databricks job are data
that the local runtime reads. The few here hold something, so something is made, or refuse what Azure refuses.
"""

from local.azure.makers.databricks import WORKSPACE as DATABRICKS_WORKSPACE
from local.azure.makers.databricks import WORKSPACE_FILE
from local.azure.makers.datafactory import FACTORY, TRIGGER
from local.azure.makers.maker import Maker
from local.azure.makers.postgres import DATABASE, SERVER
from local.azure.makers.storage import ACCOUNT, CONTAINER
from local.azure.makers.synapse import WORKSPACE as SYNAPSE_WORKSPACE

MAKERS: dict[str, Maker] = {
    "azure-native:databricks:Workspace": DATABRICKS_WORKSPACE,
    "azure-native:datafactory:Factory": FACTORY,
    "azure-native:datafactory:Trigger": TRIGGER,
    "azure-native:dbforpostgresql:Database": DATABASE,
    "azure-native:dbforpostgresql:Server": SERVER,
    "azure-native:storage:BlobContainer": CONTAINER,
    "azure-native:storage:StorageAccount": ACCOUNT,
    "azure-native:synapse:Workspace": SYNAPSE_WORKSPACE,
    "databricks:index/workspaceFile:WorkspaceFile": WORKSPACE_FILE,
}

RECORDED_ONLY = Maker()


def maker_of(token: str) -> Maker:
    """The maker of a type; one that makes nothing for a type without a counterpart."""
    return MAKERS.get(token, RECORDED_ONLY)
