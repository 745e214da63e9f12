"""Functions that a program may ask of the providers (`getClientConfig`, `getResourceGroup`, ...).

Who is signed in is nobody on a laptop: a fixed identity answers, the same one that offline declarations
use. A function that reads one resource answers from the records.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from local.azure.outputs import SUBSCRIPTION, TENANT
from local.azure.registry import Registry
from local.errors import HighwaterError

_USER = str(uuid.uuid5(uuid.NAMESPACE_URL, "highwater:laptop-user"))

_IDENTITY: dict[str, dict[str, Any]] = {
    "azure-native:authorization:getClientConfig": {
        "clientId": _USER,
        "objectId": _USER,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    },
    "databricks:index/getCurrentUser:getCurrentUser": {
        "id": _USER,
        "userName": "laptop",
        "alphanumeric": "laptop",
        "home": "/Users/laptop",
        "repos": "/Repos/laptop",
        "externalId": _USER,
        "aclPrincipalId": "users/laptop",
        "workspaceUrl": "localhost",
    },
}


def answer_invoke(token: str, args: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """What a function answers.

    Raises:
        HighwaterError: the laptop's Azure has no answer to this function, or nothing that matches.
    """
    if token in _IDENTITY:
        return dict(_IDENTITY[token])
    package, module, function = token.split(":")
    if package == "azure-native" and function.startswith("get"):
        return _recorded(f"{package}:{module}:{function.removeprefix('get')}", args, registry)
    raise HighwaterError(
        f"The laptop's Azure does not answer the function {token}",
        "it answers who is signed in, and reads azure-native resources that are declared",
        "Take the value from the declared resource's output instead.",
    )


def _recorded(type: str, args: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Outputs of the one record of that type whose inputs are the function's arguments."""
    for record in registry.all(type):
        if all(record.inputs.get(key) == value for key, value in args.items()):
            return {**record.outputs, "id": record.id}
    raise HighwaterError(
        f"There is no {type} with {dict(args)}",
        "no such resource is declared on the laptop",
        "Declare it first.",
    )
