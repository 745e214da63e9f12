"""Removes a stack on Azure with plain Pulumi, then asks Azure and Databricks whether anything of it is left.

What outlives a resource group is named: role assignments on other scopes, objects of the Unity Catalog
metastore, and vaults, which a deletion only hides. A first run takes them from the stack's recorded state; a
later one, when there is no stack any more, from what the program declares.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from pulumi import automation

from infra.rest import Rest
from infra.settings import from_config
from infra.stack import StackName
from infra.trigger_plane import STARTED, STOPPED, TOKEN, AzureTriggers, bring
from local.azure.outputs import SUBSCRIPTION, answer
from local.declare import resources, stack_config
from local.errors import HighwaterError
from local.state import PROJECT
from local.teardown import Teardown

Line = Callable[[str], None]

_GROUP = "azure-native:resources:ResourceGroup"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
# Objects of the metastore: Pulumi's token and what the REST interface calls it.
_METASTORE = {
    "databricks:index/catalog:Catalog": "catalog",
    "databricks:index/externalLocation:ExternalLocation": "external_location",
    "databricks:index/storageCredential:StorageCredential": "storage_credential",
}
_ACCOUNT = ("databricks:index/mwsNetworkConnectivityConfig:MwsNetworkConnectivityConfig",)
_MANAGED = ("managedResourceGroupId", "managedResourceGroupName")


@dataclass(frozen=True)
class Traces:
    """What a stack leaves a trace of outside itself.

    Attributes:
        triggers: ARM ids.
        groups: ARM ids of its resource groups, those that services manage for it included.
        assignments: ARM ids of role assignments.
        metastore: pairs of kind and name, as ("catalog", "hw_pr_7").
        account: names of what belongs to the Databricks account.
    """

    triggers: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    assignments: frozenset[str] = frozenset()
    metastore: frozenset[tuple[str, str]] = frozenset()
    account: frozenset[str] = frozenset()

    def __or__(self, other: "Traces") -> "Traces":
        return Traces(**{name: getattr(self, name) | getattr(other, name) for name in vars(self)})


def recorded(deployment: Mapping) -> Traces:
    """The traces of a stack's exported state."""
    found = [r for r in deployment.get("resources") or [] if r.get("id") and r.get("custom")]
    return _traces((r["type"], r["id"], r.get("inputs") or {}) for r in found)


def declared(stack: str, subscription: str) -> Traces:
    """The traces of what the program declares for a stack."""
    return _traces(
        (r["type"], answer(r["type"], "", r["inputs"]).id.replace(SUBSCRIPTION, subscription), r["inputs"])
        for r in resources(stack)
        if r["type"] in (_GROUP, _ASSIGNMENT, TOKEN, *_METASTORE, *_ACCOUNT)
        or any(key in r["inputs"] for key in _MANAGED)
    )


def _traces(found: Iterator[tuple[str, str, Mapping]]) -> Traces:
    of: dict[str, set] = {field.name: set() for field in fields(Traces)}
    kinds = {TOKEN: "triggers", _GROUP: "groups", _ASSIGNMENT: "assignments"}
    for token, id_, inputs in found:
        if token in kinds:
            of[kinds[token]].add(id_)
        elif token in _METASTORE and inputs.get("name"):
            of["metastore"].add((_METASTORE[token], str(inputs["name"])))
        elif token in _ACCOUNT and inputs.get("name"):
            of["account"].add(str(inputs["name"]))
        for managed in (str(inputs[key]) for key in _MANAGED if inputs.get(key)):
            of["groups"].add(
                f"/subscriptions/{id_.split('/')[2]}/resourceGroups/{managed.rpartition('/')[2]}"
            )
    return Traces(**{name: frozenset(values) for name, values in of.items()})


def refuse_protected(stack: str, confirmed: str | None, config: Mapping[str, str] | None = None) -> None:
    """Raise unless a stack may be torn down: staging, prod and what protects its data are asked for by name.

    Raises:
        HighwaterError: it is protected, and `confirmed` is not its name.
        InfraError: there can be no such stack.
    """
    name = StackName.parse(stack)
    protects = from_config(stack, stack_config(name.environment) if config is None else config).protect
    if (name.environment in ("staging", "prod") or protects) and confirmed != stack:
        raise HighwaterError(
            f"Stack {stack} is not torn down",
            "it is protected, and its data would be gone for good",
            f"If that is meant, pass --yes-destroy {stack}.",
        )


class AzureTeardown:
    """The teardown of one stack.

    Args:
        stack: dev, staging, prod or pr-N.
        subscription: the id of the subscription that it is in.
        arm: Azure Resource Manager.
        metastore: a Databricks workspace that stays, on the same metastore; None when there is none to ask.
        project: the folder of Pulumi.yaml.
        tell: is given each line of the engine's output.
    """

    def __init__(
        self,
        stack: str,
        subscription: str,
        arm: Rest,
        metastore: Rest | None = None,
        project: Path = PROJECT,
        tell: Line = lambda line: None,
    ):
        self.name, self._subscription, self._tell = stack, subscription, tell
        self._arm, self._metastore, self._project = arm, metastore, project

    def run(self, break_lock: bool = False, unprotect: bool = False) -> Teardown:
        """Stop the triggers, destroy, remove the stack, and search.

        Args:
            break_lock: release the lock of a deployment that was killed. No deployment may be running.
            unprotect: delete protected resources too.

        Raises:
            HighwaterError: the engine could not delete everything; the stack is kept, so run it again.
        """
        began, deleted = time.monotonic(), 0
        traces = declared(self.name, self._subscription)
        stack = self._selected()
        if stack is not None:
            traces |= recorded(stack.export_stack().deployment or {})
            self._stop(traces)
            deleted = self._destroy(stack, break_lock, unprotect)
        left, unproved = tuple(self._left(traces)), tuple(self._unproved(traces))
        return Teardown(self.name, deleted, left, unproved, time.monotonic() - began)

    def _selected(self) -> automation.Stack | None:
        try:
            return automation.select_stack(self.name, work_dir=str(self._project))
        except automation.StackNotFoundError:
            return None

    def _stop(self, traces: Traces) -> None:
        plane = AzureTriggers(self._arm)
        for trigger in sorted(traces.triggers):
            if plane.state(trigger) == STARTED:
                bring(plane, trigger, STOPPED)

    def _destroy(self, stack: automation.Stack, break_lock: bool, unprotect: bool) -> int:
        try:
            if break_lock:
                stack.cancel()
            if unprotect:
                command = ["state", "unprotect", "--all", "--yes", "--stack", self.name]
                stack.workspace.pulumi_command.run(command, str(self._project), {})
            result = stack.destroy(on_output=self._tell, color="never")
            stack.workspace.remove_stack(self.name)
        except automation.ConcurrentUpdateError as error:
            raise HighwaterError(
                f"Stack {self.name} is locked",
                "a deployment is running, or was killed and has left its lock",
                "Wait for it; if none is running, pass --break-lock.",
            ) from error
        except automation.CommandError as error:
            raise HighwaterError(
                f"Not everything of stack {self.name} could be deleted",
                "\n".join(str(error).strip().splitlines()[-15:]),
                "The stack is kept: mend the cause and run the teardown again.",
            ) from error
        changes = result.summary.resource_changes or {}
        return int(changes.get("delete", 0))

    def _left(self, traces: Traces) -> Iterator[str]:
        for group in sorted(traces.groups):
            if self._arm.call("GET", f"{group}?api-version=2021-04-01") is not None:
                yield f"resource group {group}"
        yield from self._vaults(traces)
        inside = tuple(f"{group.lower()}/" for group in traces.groups)
        known = {id_.lower() for id_ in traces.assignments}
        roles = f"/subscriptions/{self._subscription}/providers/Microsoft.Authorization/roleAssignments"
        for found in self._arm.all(f"{roles}?api-version=2022-04-01"):
            if found["id"].lower() in known or f"{found['properties']['scope'].lower()}/".startswith(inside):
                yield f"role assignment {found['id']}"
        if self._metastore is not None:
            for kind, name in sorted(traces.metastore):
                # An object that is bound to a workspace can't be read from another one; its bindings can.
                path = f"/api/2.1/unity-catalog/bindings/{kind}/{name}"
                if self._metastore.call("GET", path) is not None:
                    yield f"Unity Catalog {kind} {name}"

    def _vaults(self, traces: Traces) -> Iterator[str]:
        """Deleted vaults keep their name for days: they are purged, and one that may not be is told."""
        inside = tuple(f"{group.lower()}/" for group in traces.groups)
        provider = f"/subscriptions/{self._subscription}/providers/Microsoft.KeyVault"
        for vault in list(self._arm.all(f"{provider}/deletedVaults?api-version=2023-07-01")):
            properties = vault["properties"]
            if not properties["vaultId"].lower().startswith(inside):
                continue
            if properties.get("purgeProtectionEnabled"):
                yield f"deleted vault {vault['name']}, protected until {properties['scheduledPurgeDate']}"
                continue
            place = f"{provider}/locations/{properties['location']}/deletedVaults/{vault['name']}"
            self._arm.call("POST", f"{place}/purge?api-version=2023-07-01")

    def _unproved(self, traces: Traces) -> Iterator[str]:
        if traces.metastore and self._metastore is None:
            names = ", ".join(name for _, name in sorted(traces.metastore))
            yield f"Unity Catalog: no workspace was named to look for {names} (--metastore-host)"
        for name in sorted(traces.account):
            yield f"Databricks account: look at accounts.azuredatabricks.net whether {name} is gone"
