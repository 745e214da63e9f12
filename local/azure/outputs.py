"""What a create on Azure or Databricks answers: ids, names, endpoints, identities.

Pure and deterministic, so that a declaration made without any cloud has every value that other
resources take from it: an output that were left out would silently vanish from their inputs.
The laptop's providers answer with the same and put their own endpoints over it.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.azure.arm_types import ARM, Arm

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = str(uuid.uuid5(uuid.NAMESPACE_URL, "highwater:tenant"))
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"


@dataclass(frozen=True)
class Answer:
    """A resource's id and its output properties, by Pulumi's wire names."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)


def _uuid(*parts: str) -> str:
    """A uuid that stays the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "highwater:" + ":".join(parts)))


def _number(text: str, digits: int) -> int:
    """A positive number of exactly that many digits that stays the same for the same text."""
    low = 10 ** (digits - 1)
    return low + int(hashlib.sha256(text.encode()).hexdigest(), 16) % (9 * low)


def _storage_account(id_: str, name: str, inputs: Mapping) -> dict:
    services = {"blob": "blob", "dfs": "dfs", "file": "file", "queue": "queue", "table": "table"}
    endpoints = {key: f"https://{name}.{host}.core.windows.net/" for key, host in services.items()}
    return {
        "primaryEndpoints": endpoints | {"web": f"https://{name}.z6.web.core.windows.net/"},
        "primaryLocation": inputs.get("location"),
        "provisioningState": "Succeeded",
    }


def _postgres_server(id_: str, name: str, inputs: Mapping) -> dict:
    return {"fullyQualifiedDomainName": f"{name}.postgres.database.azure.com", "state": "Ready"}


def _vault(id_: str, name: str, inputs: Mapping) -> dict:
    uri = {"vaultUri": f"https://{name}.vault.azure.net/", "provisioningState": "Succeeded"}
    return {"properties": dict(inputs.get("properties", {})) | uri}


def _identity(id_: str, name: str, inputs: Mapping) -> dict:
    return {"principalId": _uuid(id_, "principal"), "clientId": _uuid(id_, "client"), "tenantId": TENANT}


def _assigned(id_: str, inputs: Mapping) -> dict:
    """The `identity` of a resource that has one: its own principal, and those that it was given."""
    wanted = inputs.get("identity")
    if not isinstance(wanted, Mapping):
        return {}
    out = dict(wanted)
    if "SystemAssigned" in str(wanted.get("type")):
        out |= {"principalId": _uuid(id_, "principal"), "tenantId": TENANT}
    given = wanted.get("userAssignedIdentities")
    if given:
        out["userAssignedIdentities"] = {
            key: {"principalId": _uuid(key, "principal"), "clientId": _uuid(key, "client")} for key in given
        }
    return {"identity": out}


def _databricks_workspace(id_: str, name: str, inputs: Mapping) -> dict:
    number = _number(id_, 16)
    return {
        "workspaceId": str(number),
        "workspaceUrl": f"adb-{number}.{number % 20}.azuredatabricks.net",
        "provisioningState": "Succeeded",
    }


def _synapse_workspace(id_: str, name: str, inputs: Mapping) -> dict:
    return {
        "connectivityEndpoints": {
            "dev": f"https://{name}.dev.azuresynapse.net",
            "sql": f"{name}.sql.azuresynapse.net",
            "sqlOnDemand": f"{name}-ondemand.sql.azuresynapse.net",
            "web": f"https://web.azuresynapse.net?workspace={id_}",
        },
        "workspaceUID": _uuid(id_, "workspace"),
        "provisioningState": "Succeeded",
    }


def _log_workspace(id_: str, name: str, inputs: Mapping) -> dict:
    return {"customerId": _uuid(id_, "customer"), "provisioningState": "Succeeded"}


def _collection_endpoint(id_: str, name: str, inputs: Mapping) -> dict:
    host = f"{name}-{_uuid(id_)[:4]}.{inputs.get('location')}-1"
    return {
        "immutableId": f"dce-{uuid.UUID(_uuid(id_, 'immutable')).hex}",
        "logsIngestion": {"endpoint": f"https://{host}.ingest.monitor.azure.com"},
        "provisioningState": "Succeeded",
    }


def _collection_rule(id_: str, name: str, inputs: Mapping) -> dict:
    return {
        "immutableId": f"dcr-{uuid.UUID(_uuid(id_, 'immutable')).hex}",
        "provisioningState": "Succeeded",
    }


_COMPUTED: dict[str, Callable[[str, str, Mapping], dict]] = {
    "databricks:Workspace": _databricks_workspace,
    "dbforpostgresql:Server": _postgres_server,
    "keyvault:Vault": _vault,
    "managedidentity:UserAssignedIdentity": _identity,
    "monitor:DataCollectionEndpoint": _collection_endpoint,
    "monitor:DataCollectionRule": _collection_rule,
    "operationalinsights:Workspace": _log_workspace,
    "storage:StorageAccount": _storage_account,
    "synapse:Workspace": _synapse_workspace,
}


def arm_id(token: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, str, str]:
    """The ARM id, ARM type and own name of an azure-native resource.

    Args:
        token: as `azure-native:storage:StorageAccount`.
        name: Pulumi's logical name, for a resource that is not named by its inputs.
        inputs: the resource's inputs by their wire names; every name in them must be known.
    """
    short = token.removeprefix("azure-native:")
    group = f"{GROUP_ID}/{inputs.get('resourceGroupName', 'none')}"
    if short == "resources:ResourceGroup":
        own = inputs.get("resourceGroupName", name)
        return f"{GROUP_ID}/{own}", "Microsoft.Resources/resourceGroups", own
    if short == "resources:Resource":
        space, parent = inputs["resourceProviderNamespace"], inputs.get("parentResourcePath", "").strip("/")
        own, type_ = inputs.get("resourceName", name), inputs["resourceType"].strip("/")
        kinds = parent.split("/")[::2] if parent else []
        path = "/".join(part for part in (parent, type_, own) if part)
        return f"{group}/providers/{space}/{path}", "/".join([space, *kinds, type_]), own
    arm = ARM.get(short)
    if arm is None:
        module, _, kind = short.partition(":")
        arm = Arm(f"Microsoft.{module}/{kind[0].lower()}{kind[1:]}s", (f"{kind[0].lower()}{kind[1:]}Name",))
    space, *kinds = arm.type.split("/")
    values = [key[1:] if key.startswith("=") else inputs.get(key, name) for key in arm.names]
    path = "/".join(f"{kind}/{value}" for kind, value in zip(kinds, values, strict=True))
    base = inputs.get("scope", inputs.get("resourceUri", group))
    return f"{base}/providers/{space}/{path}", arm.type, values[-1]


def _azure(token: str, name: str, inputs: Mapping[str, Any]) -> Answer:
    id_, type_, own = arm_id(token, name, inputs)
    computed = _COMPUTED.get(token.removeprefix("azure-native:"))
    outputs = {**inputs, **_assigned(id_, inputs), **(computed(id_, own, inputs) if computed else {})}
    return Answer(id_, outputs | {"name": own, "type": type_})


def _databricks(token: str, name: str, inputs: Mapping[str, Any]) -> Answer:
    kind = token.rpartition(":")[2]
    if kind == "WorkspaceFile":
        path = inputs["path"]
        computed = {
            "objectId": _number(path, 15),
            "workspacePath": f"/Workspace{path}",
            "url": f"#workspace{path}",
        }
        return Answer(path, {**inputs, **computed})
    if kind == "MwsNetworkConnectivityConfig":
        own = _uuid(token, str(inputs.get("name", name)))
        return Answer(own, {**inputs, "networkConnectivityConfigId": own})
    if kind == "MwsNccPrivateEndpointRule":
        own = _uuid(token, inputs["resourceId"], inputs["groupId"])
        answered = {"ruleId": own, "endpointName": f"databricks-{own}-pe", "connectionState": "PENDING"}
        return Answer(own, {**inputs, **answered})
    if kind in ("Catalog", "ExternalLocation", "StorageCredential"):
        return Answer(inputs["name"], dict(inputs))
    if kind == "Schema":
        return Answer(f"{inputs['catalogName']}.{inputs['name']}", dict(inputs))
    if kind == "Grant":
        (securable,) = set(inputs) - {"principal", "privileges"}
        return Answer(f"{securable}/{inputs[securable]}/{inputs['principal']}", dict(inputs))
    if kind == "Permissions":
        if "instancePoolId" in inputs:
            return Answer(
                f"/instance-pools/{inputs['instancePoolId']}", {**inputs, "objectType": "instance-pool"}
            )
        return Answer(f"/jobs/{inputs['jobId']}", {**inputs, "objectType": "job"})
    number = str(_number(f"{token}:{name}", 15))
    return Answer(number, {**inputs, "url": f"#job/{number}"} if kind == "Job" else dict(inputs))


def answer(token: str, name: str, inputs: Mapping[str, Any]) -> Answer:
    """What a real create of this resource would answer.

    Args:
        token: Pulumi's type token, as `azure-native:datafactory:Pipeline` or `databricks:index/job:Job`.
        name: Pulumi's logical name.
        inputs: the resource's inputs by their wire names, all known.

    Returns:
        The id and the outputs: the inputs themselves and what the service adds to them.
    """
    if token.startswith("azure-native:"):
        return _azure(token, name, inputs)
    if token.startswith("databricks:"):
        return _databricks(token, name, inputs)
    return Answer(_uuid(token, name), dict(inputs))
