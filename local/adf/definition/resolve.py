"""Values out of definitions: expressions inside evaluated, references followed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from local.adf.definition.model import Dataset, Factory, LinkedService
from local.adf.errors import ActivityError
from local.adf.expressions import Context, evaluate


def resolve(value: object, context: Context) -> object:
    """The value with every string in it evaluated, and {"type": "Expression", "value": ...} unwrapped."""
    if isinstance(value, str):
        return evaluate(value, context)
    if isinstance(value, Mapping):
        if value.get("type") == "Expression" and "value" in value:
            return resolve(value["value"], context)
        return {key: resolve(inner, context) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(inner, context) for inner in value]
    return value


@dataclass(frozen=True)
class Connection:
    """A linked service with its values: `properties` are its typeProperties, evaluated."""

    name: str
    type: str
    properties: Mapping


@dataclass(frozen=True)
class Data:
    """A dataset with its values, and the connection that it goes by."""

    name: str
    type: str
    properties: Mapping
    connection: Connection


def connection(factory: Factory, reference: Mapping, context: Context) -> Connection:
    """The linked service that a reference names, with the parameters that it gives."""
    found = factory.linked_service(reference.get("referenceName", ""))
    if found is None:
        raise ActivityError(f"The linked service '{reference.get('referenceName')}' is not declared.")
    inside = replace(context, linked_service=_parameters(found, reference, context))
    return Connection(found.name, found.type, resolve(found.properties, inside))


def data(factory: Factory, reference: Mapping, context: Context) -> Data:
    """The dataset that a reference names, with the parameters that it gives."""
    found = factory.dataset(reference.get("referenceName", ""))
    if found is None:
        raise ActivityError(f"The dataset '{reference.get('referenceName')}' is not declared.")
    inside = replace(context, dataset=_parameters(found, reference, context))
    return Data(
        found.name,
        found.type,
        resolve(found.properties, inside),
        connection(factory, found.linked_service, inside),
    )


def _parameters(found: Dataset | LinkedService, reference: Mapping, context: Context) -> dict:
    given = {key: resolve(value, context) for key, value in (reference.get("parameters") or {}).items()}
    values = {}
    for name, specification in found.parameters.items():
        if name in given:
            values[name] = given[name]
        elif specification.get("defaultValue") is not None:
            values[name] = specification["defaultValue"]
        else:
            raise ActivityError(f"'{found.name}' needs a value for its parameter '{name}'.")
    return values
