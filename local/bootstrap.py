"""Puts the resources of `infra.bootstrap` in order, and waits for each."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tenacity

from infra.bootstrap import Bootstrap, Estate
from infra.bootstrap_access import Put, identities
from infra.rest import Rest, RestError
from local.errors import HighwaterError

_UNFINISHED = ("Accepted", "Creating", "Updating", "ResolvingDNS", "RegisteringDns")
# An identity that was made a moment ago is not known everywhere yet.
_NOT_YET = ("PrincipalNotFound", "ParentResourceNotFound", "ResourceNotFound", "VaultNotFound")


class Builder:
    """Makes an estate's foundation, as whoever is signed in. To run it again changes nothing.

    Args:
        arm: Azure Resource Manager.
        tell: is given a line for each resource.
        patience: seconds to wait for one resource; `pause`: seconds between two looks.
    """

    def __init__(
        self, estate: Estate, arm: Rest, tell: Callable[[str], None], patience: float = 600, pause: float = 5
    ):
        self._plan, self._arm, self._tell = Bootstrap(estate), arm, tell
        self._patience, self._pause = patience, pause

    def run(self) -> dict[str, str]:
        """Put everything, and return the variables that GitHub's workflows read, by name.

        Raises:
            HighwaterError: a resource is not ready in time.
            InfraError: Azure refused one.
        """
        made: dict[str, Mapping[str, Any]] = {}
        for put in self._plan.foundation():
            made[put.id] = self._put(put)
        known = {
            one.name: made[self._plan.identity(one.name)]["properties"]
            for one in identities(self._plan.estate.repository)
        }
        for put in self._plan.access({name: found["principalId"] for name, found in known.items()}):
            self._put(put)
        return self._variables({name: found["clientId"] for name, found in known.items()})

    def _put(self, put: Put) -> Mapping[str, Any]:
        self._tell(f"{put.type} {put.id.rpartition('/')[2]}")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, RestError) and e.code in _NOT_YET),
            wait=tenacity.wait_fixed(self._pause),
            stop=tenacity.stop_after_delay(self._patience),
            reraise=True,
        )
        path = f"{put.id}?api-version={put.api}"
        try:
            answer = retrying(self._arm.call, "PUT", path, put.body)
        except RestError as error:
            # Another name, the same three: made by hand before, and as good.
            if error.code == "RoleAssignmentExists":
                return {}
            raise
        if answer is None:
            raise HighwaterError(f"{put.type} can't be put", f"there is nothing at {path}", "Check the ids.")
        return self._ready(put, path, answer)

    def _ready(self, put: Put, path: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Wait until it is made: a PUT that is accepted (202) answers before."""
        deadline = time.monotonic() + self._patience
        while not answer.get("id") or answer.get("properties", {}).get("provisioningState") in _UNFINISHED:
            if time.monotonic() > deadline:
                raise HighwaterError(
                    f"{put.id.rpartition('/')[2]} is not ready",
                    f"{put.type} was put {self._patience:.0f} seconds ago",
                    "Run the command again: what is there stays.",
                )
            time.sleep(self._pause)
            answer = self._arm.call("GET", path) or {}
        return answer

    def _variables(self, clients: Mapping[str, str]) -> dict[str, str]:
        estate, plan = self._plan.estate, self._plan
        subscriptions = {name: estate.subscriptions[name] for name in ("dev", "staging", "prod")}
        found = {
            "AZURE_TENANT_ID": estate.tenant,
            "STATE_ACCOUNT": plan.account,
            "STATE_VAULT": plan.vault,
            "PREVIEW_CLIENT_ID": clients["preview"],
            "DEV_SUBSCRIPTION_ID": estate.subscriptions["dev"],
            "drift/AZURE_CLIENT_ID": clients["drift"],
            "drift/SUBSCRIPTION_IDS": json.dumps(subscriptions),
        }
        for name in (*subscriptions, "ephemeral"):
            found[f"{name}/AZURE_CLIENT_ID"] = clients[name]
            found[f"{name}/AZURE_SUBSCRIPTION_ID"] = estate.subscriptions[name]
        return found


def lines(estate: Estate) -> Iterator[dict[str, Any]]:
    """Everything that would be put, in the form of `highwater declare`; principals are made up."""
    plan = Bootstrap(estate)
    principals = {
        one.name: str(uuid.uuid5(uuid.NAMESPACE_URL, f"bootstrap:{one.name}"))
        for one in identities(estate.repository)
    }
    for put in (*plan.foundation(), *plan.access(principals)):
        space, *kinds = put.type.split("/")
        own = put.id.rpartition("/")[2]
        if kinds == ["resourceGroups"]:
            token, inputs = "resources:ResourceGroup", {**put.body, "resourceGroupName": own}
        else:
            segments = put.id.rpartition(f"/providers/{space}/")[2].split("/")
            token = "resources:Resource"
            inputs = {
                **put.body,
                "apiVersion": put.api,
                "parentResourcePath": "/".join(segments[:-2]),
                "resourceName": own,
                "resourceProviderNamespace": space,
                "resourceType": kinds[-1],
            }
        urn = f"urn:pulumi:bootstrap::highwater::azure-native:{token}::{put.id}"
        yield {"urn": urn, "type": f"azure-native:{token}", "inputs": inputs, "options": {}}


def write(estate: Estate, out: Path) -> int:
    """Write `lines` as JSON lines, and return how many there are."""
    found = [json.dumps(line, sort_keys=True) + "\n" for line in lines(estate)]
    out.write_text("".join(found))
    return len(found)
