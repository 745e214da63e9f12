"""The provider behind the laptop's `azure-native` and `databricks`: check, diff, create, update, delete.

It answers what Azure would (`local.azure.outputs`), lays the laptop's endpoints over it, makes the few
counterparts that hold something (`local.azure.makers`) and records the rest (`local.azure.registry`).
It serves the stack `local` alone: no other stack can be recorded on a laptop by mistake.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi.provider.experimental import provider as api
from pulumi.provider.experimental.property_value import PropertyValue

from local.azure.checks import checked
from local.azure.differ import Change, Kind, changes_between
from local.azure.invokes import answer_invoke
from local.azure.makers import maker_of
from local.azure.outputs import answer
from local.azure.registry import Record, Registry
from local.azure.shapes import shape_of
from local.azure.values import has_unknown, plain_map, redacted, redacted_map, secrets_in, to_be_told, wire
from local.errors import HighwaterError
from local.state import STACK, State

Values = dict[str, PropertyValue]

_KINDS = {
    (Kind.ADD, False): api.PropertyDiffKind.ADD,
    (Kind.ADD, True): api.PropertyDiffKind.ADD_REPLACE,
    (Kind.DELETE, False): api.PropertyDiffKind.DELETE,
    (Kind.DELETE, True): api.PropertyDiffKind.DELETE_REPLACE,
    (Kind.UPDATE, False): api.PropertyDiffKind.UPDATE,
    (Kind.UPDATE, True): api.PropertyDiffKind.UPDATE_REPLACE,
}


def refuse_other_stacks(urn: str) -> None:
    """Raise unless the URN is of the stack `local`.

    Raises:
        HighwaterError: it is of another stack; nothing was done.
    """
    stack = urn.removeprefix("urn:pulumi:").partition("::")[0]
    if stack != STACK:
        raise HighwaterError(
            f"The laptop's Azure serves the stack `{STACK}` only, and this is the stack `{stack}`",
            f"nothing was done for {urn}",
            f"Deploy `{stack}` with plain `pulumi up --stack {stack}`, outside of Highwater's PULUMI_HOME.",
        )


class LaptopProvider(api.Provider):
    """One package of the laptop's Azure. `old_state` of a diff is expected to hold the old inputs."""

    def __init__(self, state: State):
        self.state = state
        self.registry = Registry(state)
        self.config: dict[str, Any] = {}
        self._making: dict[tuple[str, str], str] = {}

    async def check_config(self, request: api.CheckRequest) -> api.CheckResponse:
        refuse_other_stacks(request.urn)
        return api.CheckResponse(inputs=request.new_inputs)

    async def configure(self, request: api.ConfigureRequest) -> api.ConfigureResponse:
        self.config = plain_map(request.args)
        # Without outputs and resources on the wire every input is plain, unknown or secret.
        return api.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: api.CheckRequest) -> api.CheckResponse:
        refuse_other_stacks(request.urn)
        given, old = plain_map(request.new_inputs), plain_map(request.old_inputs)
        added, failures = checked(_token(request), request.name, given, old, request.random_seed, self.config)
        inputs = {key: value for key, value in request.new_inputs.items() if not key.startswith("__")}
        inputs |= {key: wire(value) for key, value in added.items()}
        return api.CheckResponse(
            inputs=inputs, failures=[api.CheckFailure(key, reason) for key, reason in failures]
        )

    async def diff(self, request: api.DiffRequest) -> api.DiffResponse:
        refuse_other_stacks(request.urn)
        changes = changes_between(
            shape_of(_token(request)), plain_map(request.old_state), plain_map(request.new_inputs)
        )
        replaces = [change.path for change in changes if change.replaces]
        return api.DiffResponse(
            changes=bool(changes),
            replaces=replaces,
            # Two resources can't have one address in Azure: the old one goes first, as azure-native does it.
            delete_before_replace=bool(replaces),
            diffs=[change.path for change in changes],
            detailed_diff={change.path: _property_diff(change) for change in changes},
        )

    async def create(self, request: api.CreateRequest) -> api.CreateResponse:
        refuse_other_stacks(request.urn)
        if request.preview:
            return api.CreateResponse(None, self._preview(_token(request), request.name, request.properties))
        token = _token(request)
        id_, name, outputs = self._answer(token, request.name, request.properties)
        with self._sole(id_, token, request.urn):
            if self.registry.get(id_, token) is None:
                await asyncio.to_thread(maker_of(token).clear, self.state, name, dict(outputs))
            await self._keep(id_, request.urn, token, name, request.properties, outputs)
        return api.CreateResponse(id_, self._wire(request.properties, outputs))

    async def update(self, request: api.UpdateRequest) -> api.UpdateResponse:
        refuse_other_stacks(request.urn)
        if request.preview and has_unknown(plain_map(request.news)):
            return api.UpdateResponse(self._preview(_token(request), request.name, request.news))
        _, name, outputs = self._answer(_token(request), request.name, request.news)
        if not request.preview:
            await self._keep(request.resource_id, request.urn, _token(request), name, request.news, outputs)
        return api.UpdateResponse(self._wire(request.news, outputs))

    async def read(self, request: api.ReadRequest) -> api.ReadResponse:
        refuse_other_stacks(request.urn)
        record = self.registry.get(request.resource_id, _token(request))
        if record is None:  # an empty id tells the engine that the resource is gone
            return api.ReadResponse(None, {}, {})
        secrets = secrets_in(request.properties) | secrets_in(request.inputs)
        properties = {key: wire(value, secrets) for key, value in record.outputs.items()}
        inputs = {key: wire(value, secrets) for key, value in record.inputs.items()}
        # A secret is not in the record: what the engine holds of it stays.
        return api.ReadResponse(
            request.resource_id, properties | _secret(request.properties), inputs | _secret(request.inputs)
        )

    async def delete(self, request: api.DeleteRequest) -> None:
        refuse_other_stacks(request.urn)
        properties = plain_map(request.properties)
        name = str(properties.get("name", request.name))
        await asyncio.to_thread(maker_of(_token(request)).unmake, self.state, name, properties)
        self.registry.remove(request.resource_id, _token(request))

    async def invoke(self, request: api.InvokeRequest) -> api.InvokeResponse:
        result = answer_invoke(request.tok, plain_map(request.args), self.registry)
        return api.InvokeResponse({key: wire(value) for key, value in result.items()})

    @contextmanager
    def _sole(self, id_: str, token: str, urn: str) -> Iterator[None]:
        """Refuse to make what another resource has made or is making; as in Azure, an id is had by one."""
        there, key = self.registry.get(id_, token), (token, id_.lower())
        owner = self._making.get(key, there.urn if there is not None else urn)
        if owner != urn:
            raise HighwaterError(
                f"cannot create already existing resource {id_!r}",
                f"it was declared by {owner}",
                "Give one of the two another name.",
            )
        self._making[key] = urn
        try:
            yield
        finally:
            del self._making[key]

    def _answer(self, token: str, logical: str, values: Values) -> tuple[str, str, dict[str, Any]]:
        """The id, the own name and the outputs on the laptop of a resource whose inputs are all known."""
        answered = answer(token, logical, plain_map(values))
        name = str(answered.outputs.get("name", logical))
        overlay = maker_of(token).endpoints(self.state, name, answered.outputs)
        return answered.id, name, answered.outputs | overlay

    def _preview(self, token: str, logical: str, values: Values) -> Values:
        """Outputs before the resource is there: its inputs, its name, and as unknown what a create tells."""
        given = plain_map(values)
        own = shape_of(token).own_name
        known = given | {"name": given[own]} if own in given else given
        outputs = to_be_told(known, answer(token, logical, given).outputs)
        return self._wire(values, outputs)

    async def _keep(
        self, id_: str, urn: str, token: str, name: str, values: Values, outputs: Mapping
    ) -> None:
        """Make or bring up to date the counterpart, then record the resource."""
        await asyncio.to_thread(maker_of(token).make, self.state, name, dict(outputs))
        inputs = redacted_map(values)
        hidden = {key: inputs[key] for key in _secret(values) if key in inputs}
        kept = redacted(dict(outputs), secrets_in(values)) | hidden
        self.registry.put(Record(id_, urn, token, name, inputs=inputs, outputs=kept))

    def _wire(self, values: Values, outputs: Mapping[str, Any]) -> Values:
        """Outputs for the engine: inputs as they came, secrecy included, and what was answered besides."""
        given = {key: value for key, value in values.items() if not key.startswith("__")}
        secrets = secrets_in(values)
        plain = plain_map(values)
        answered = {k: wire(v, secrets) for k, v in outputs.items() if k not in given or v != plain.get(k)}
        return given | answered


def _token(request: Any) -> str:
    """The type token of a request; that of a component's child names its parents too."""
    return request.type.rpartition("$")[2]


def _secret(values: Values) -> Values:
    """Those top-level properties that are secret or hold a secret."""
    return {key: value for key, value in values.items() if value.contains_secret()}


def _property_diff(change: Change) -> api.PropertyDiff:
    return api.PropertyDiff(_KINDS[change.kind, change.replaces], input_diff=True)
