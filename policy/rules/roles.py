"""Workloads get roles for data, never for management, and never over a whole subscription."""

import re
from collections.abc import Iterator

from .rule import Resource, Rule, kind

# Azure's built-in roles by the id that is the same everywhere.
_FORBIDDEN = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_WIDE = re.compile(r"/subscriptions/[^/]+/?|/providers/Microsoft\.Management/.*|/?", re.IGNORECASE)


def _check(resource: Resource) -> Iterator[str]:
    if kind(resource) != "authorization:RoleAssignment":
        return
    role = str(resource["inputs"].get("roleDefinitionId")).rpartition("/")[2].lower()
    if role in _FORBIDDEN:
        yield f"a workload must not be {_FORBIDDEN[role]}"
    if _WIDE.fullmatch(str(resource["inputs"].get("scope"))):
        yield "the scope is a whole subscription or more"


RULE = Rule("no-broad-roles", "No workload is Owner, Contributor or an administrator of access.", _check)
