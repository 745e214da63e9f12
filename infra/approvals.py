"""Private endpoints wait for the owner of what they lead to: this approves the stack's own, and sees it done.

A managed private endpoint is always made pending, and a pending one looks deployed while nothing gets
through. So a stack is up only when every endpoint of its own is approved; one that is not fails by name.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import tenacity
from pulumi import dynamic

from infra.errors import InfraError
from infra.rest import Rest, RestError, management

# An API version of each type that can be linked to: the one whose private endpoint connections are used.
_API = {
    "microsoft.dbforpostgresql/flexibleservers": "2024-08-01",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.storage/storageaccounts": "2023-05-01",
    "microsoft.synapse/workspaces": "2021-06-01",
}
APPROVED, PENDING, MISSING = "Approved", "Pending", "Missing"
_ENDED = ("Rejected", "Disconnected")
_UNFINISHED = ("Creating", "Updating")
_CONFLICT = 409  # another connection of the same target is being changed
PATIENCE, PAUSE = 900.0, 10.0


def _path(target: str, connection: str = "") -> str:
    kind = "/".join(target.split("/")[6:8]).lower()
    if kind not in _API:
        raise InfraError(f"Nothing is known of private endpoints to {target}.", f"Known are {sorted(_API)}.")
    return f"{target}/privateEndpointConnections{connection}?api-version={_API[kind]}"


def _connections(rest: Rest, target: str) -> dict[str, dict[str, Any]]:
    """The connections of a target by the name of the private endpoint at their other end."""
    return {
        one["properties"]["privateEndpoint"]["id"].rpartition("/")[2].lower(): one
        for one in rest.all(_path(target))
        if one["properties"].get("privateEndpoint")
    }


def _state(connection: Mapping[str, Any] | None) -> str:
    if connection is None:
        return MISSING
    return connection["properties"]["privateLinkServiceConnectionState"]["status"]


def _connected(connection: Mapping[str, Any] | None) -> bool:
    if _state(connection) != APPROVED:
        return False
    return connection["properties"].get("provisioningState") not in _UNFINISHED


def states(rest: Rest, target: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """How each wanted endpoint stands: Azure's own word, or Missing."""
    found = _connections(rest, target)
    return {label: _state(found.get(endpoint.lower())) for label, endpoint in wanted.items()}


def _approve(rest: Rest, target: str, label: str, connection: Mapping[str, Any]) -> None:
    body = {
        "properties": {
            "privateLinkServiceConnectionState": {
                "status": APPROVED,
                "description": "An endpoint of the stack's own",
            }
        }
    }
    try:
        rest.call("PUT", _path(target, f"/{connection['name']}"), body)
    except RestError as error:
        if error.status != _CONFLICT:
            raise _unconnected(target, {label: PENDING}, str(error)) from error


def _unconnected(target: str, left: Mapping[str, str], why: str = "") -> InfraError:
    listed = ", ".join(f"{label} ({state})" for label, state in sorted(left.items()))
    return InfraError(
        f"Private endpoints of {target} are not connected: {listed}.",
        why,
        "Whoever deploys needs the right to approve them there; approve them in the portal, then deploy again.",
    )


def settle(
    rest: Rest, target: str, wanted: Mapping[str, str], patience: float = PATIENCE, pause: float = PAUSE
) -> dict[str, str]:
    """Approve the wanted endpoints that are pending and wait until all are approved. No other is touched.

    Args:
        rest: Azure's management interface.
        target: ARM id of what the endpoints lead to.
        wanted: name of each private endpoint, by what to call it in a message.
        patience: seconds to wait for endpoints that are missing or unfinished.
        pause: seconds between two looks.

    Raises:
        InfraError: one was refused, may not be approved, or was not connected in time; it names each.
    """

    def look() -> dict[str, str]:
        found = _connections(rest, target)
        now = {label: found.get(endpoint.lower()) for label, endpoint in wanted.items()}
        ended = {label: _state(one) for label, one in now.items() if _state(one) in _ENDED}
        if ended:
            raise _unconnected(
                target, ended, "They were refused or taken away: they can't be approved again."
            )
        for label, one in now.items():
            if _state(one) == PENDING:
                _approve(rest, target, label, one)
        # An approval counts once a later look finds it done.
        return {label: _state(one) for label, one in now.items() if not _connected(one)}

    try:
        tenacity.Retrying(
            retry=tenacity.retry_if_result(bool),
            wait=tenacity.wait_fixed(pause),
            stop=tenacity.stop_after_delay(patience),
        )(look)
    except tenacity.RetryError as error:
        left = error.last_attempt.result()
        raise _unconnected(target, left, f"They were waited for, for {patience:.0f} s.") from None
    return dict.fromkeys(wanted, APPROVED)


class _Provider(dynamic.ResourceProvider):
    """What the engine calls. It holds nothing, so that its pickled form never changes."""

    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict, news: dict) -> dynamic.DiffResult:
        lost = any(state != APPROVED for state in (olds.get("states") or {}).values())
        moved = olds.get("target") != news.get("target")
        changes = lost or moved or olds.get("wanted") != news.get("wanted")
        return dynamic.DiffResult(changes=changes, replaces=["target"] if moved else [])

    def create(self, props: dict) -> dynamic.CreateResult:
        outs = self._settled(props)
        return dynamic.CreateResult(f"{props['target']}/{props['name']}", outs)

    def update(self, _id: str, _olds: dict, news: dict) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._settled(news))

    def read(self, id_: str, props: dict) -> dynamic.ReadResult:
        found = states(management(), props["target"], props["wanted"])
        return dynamic.ReadResult(id_, {**props, "states": found})

    @staticmethod
    def _settled(props: dict) -> dict:
        return {**props, "states": settle(management(), props["target"], props["wanted"])}


class LinkApproval(dynamic.Resource, module="highwater", name="LinkApproval"):
    """The stack's own private endpoints of one target, all approved.

    After a refresh that finds one refused or gone, the next `up` connects it again or fails by its name.

    Args:
        name: Pulumi's logical name.
        target: ARM id of what the endpoints lead to.
        wanted: name of each private endpoint, by what to call it in a message.
    """

    def __init__(
        self,
        name: str,
        target: pulumi.Input[str],
        wanted: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        props = {"name": name, "target": target, "wanted": dict(wanted), "states": None}
        super().__init__(_Provider(), name, props, opts)
