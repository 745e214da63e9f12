"""What a resource type is named by and what it requires, read from the installed SDK's own source.

The providers must not import `pulumi_azure_native`: it costs seconds in each process. Its generated source is
regular, though, so the few facts that check and diff need are read from the one file of a type:

- A property that can be given but is never answered is part of the resource's address (`accountName` of a
  container) or write-only (a password). Those that name or place it make the address.
- An argument without a default is required.
"""

import ast
import functools
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = frozenset(
    {"scope", "resourceUri", "parentResourcePath", "resourceProviderNamespace", "resourceType"}
)

# Immutable in the service, though not part of the address: a change makes a new resource.
_IMMUTABLE = {
    "azure-native:authorization:RoleAssignment": {"principalId", "roleDefinitionId"},
    "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": {"objectId", "principalName", "tenantId"},
    "azure-native:dbforpostgresql:Database": {"charset", "collation"},
    "azure-native:dbforpostgresql:Server": {"administratorLogin"},
    "azure-native:storage:StorageAccount": {"isHnsEnabled"},
    "databricks:index/catalog:Catalog": {"storageRoot"},
    "databricks:index/externalLocation:ExternalLocation": {"name"},
    "databricks:index/grant:Grant": {
        "catalog",
        "externalLocation",
        "principal",
        "schema",
        "storageCredential",
    },
    "databricks:index/permissions:Permissions": {"jobId", "clusterId", "sqlEndpointId", "workspaceFilePath"},
    "databricks:index/schema:Schema": {"catalogName", "storageRoot"},
    "databricks:index/servicePrincipal:ServicePrincipal": {"applicationId"},
    "databricks:index/storageCredential:StorageCredential": {"name"},
    "databricks:index/workspaceFile:WorkspaceFile": {"path"},
}


@dataclass(frozen=True)
class Shape:
    """What check and diff know of a type, in wire names.

    Attributes:
        known: the type is in the installed SDK; nothing else is known of one that is not.
        properties: every input.
        required: inputs without which the service refuses the resource.
        own_name: the input that is the resource's own name and is made up when missing, if there is one.
        replacing: inputs whose change makes a new resource.
    """

    known: bool
    properties: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    own_name: str | None = None
    replacing: frozenset[str] = frozenset({"location"})


@functools.cache
def shape_of(token: str) -> Shape:
    """The shape of a type by its token, as `azure-native:storage:BlobContainer`."""
    source = _source(token)
    if source is None or not source.exists():
        return Shape(known=False, replacing=frozenset({"location"} | _IMMUTABLE.get(token, set())))
    kind = token.rpartition(":")[2]
    classes = {
        node.name: node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef)
    }
    wire = _wire_names(classes[kind + "Args"])
    answered = _wire_names(classes[kind]).values()
    required, optional = _arguments(classes[kind + "Args"])
    replacing = {"location"} | _IMMUTABLE.get(token, set())
    own_name = None
    if token.startswith("azure-native:"):
        unanswered = [wire[name] for name in (*required, *optional) if wire[name] not in answered]
        address = [name for name in unanswered if name.endswith("Name") or name in _ADDRESS]
        replacing |= set(address) | (_ADDRESS & set(wire.values()))
        own_name = next((name for name in address if name in {wire[item] for item in optional}), None)
    return Shape(
        known=True,
        properties=frozenset(wire.values()),
        required=frozenset(wire[name] for name in required),
        own_name=own_name,
        replacing=frozenset(replacing & set(wire.values())),
    )


def _source(token: str) -> Path | None:
    """The SDK's source file of a type; finding the package does not import it."""
    package, module, kind = token.split(":")
    found = importlib.util.find_spec(f"pulumi_{package.replace('-', '_')}")
    if found is None or not found.submodule_search_locations:
        return None
    root = Path(found.submodule_search_locations[0])
    folder = root if module.startswith("index") else root / module.split("/")[0]
    return folder / f"{_snake(kind)}.py"


def _snake(name: str) -> str:
    """File names of the SDK: BlobContainer -> blob_container, SqlDBTable -> sql_db_table."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _wire_names(class_: ast.ClassDef) -> dict[str, str]:
    """Python name -> wire name, from the `@pulumi.getter(name=...)` of a class's properties."""
    names = {}
    for node in class_.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call else decorator
            if isinstance(target, ast.Attribute) and target.attr == "getter":
                names[node.name] = call.keywords[0].value.value if call else node.name
    return names


def _arguments(args: ast.ClassDef) -> tuple[list[str], list[str]]:
    """Python names of the required and of the optional arguments of an Args class."""
    init = next(node for node in args.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    pairs = list(zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True))
    return ([arg.arg for arg, default in pairs if default is None],
            [arg.arg for arg, default in pairs if default is not None])  # fmt: skip
