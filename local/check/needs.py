"""What each identity needs on Azure, derived from what is declared to use it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.check.abilities import READ_BLOBS, READ_SECRETS, SEND_METRICS, WRITE_BLOBS
from local.check.estate import Estate, activities, leaves, objects, plain
from local.declare import Resource

_RULE_OF_URL = re.compile(r"/dataCollectionRules/([^/?]+)/streams/")
_SOURCE_OF_SQL = re.compile(
    r"CREATE\s+EXTERNAL\s+DATA\s+SOURCE[^;]*?LOCATION\s*=\s*N?'((?:https|abfss)://[^']+)'", re.I | re.S
)
_DFS = re.compile(
    r"https://(?P<account>[^./]+)\.(?:dfs|blob)\.core\.windows\.net/(?P<container>[^/]*)"
    r"|abfss://(?P<container2>[^@/]+)@(?P<account2>[^./]+)\.dfs\.core\.windows\.net"
)


@dataclass(frozen=True)
class Need:
    """An identity must be able to do something somewhere.

    Attributes:
        principal: its object id.
        ability: one of `local.check.abilities`.
        scope: ARM id of the narrowest thing that it needs that on.
        urn: the resource that uses it.
        why: the use, in a few words.
    """

    principal: str
    ability: str
    scope: str
    urn: str
    why: str


def place_in_lake(estate: Estate, url: str) -> str | None:
    """ARM id of the declared container that a URL lies in, or of the account when it names none."""
    found = _DFS.match(url)
    if not found:
        return None
    account, container = found["account"] or found["account2"], found["container"] or found["container2"]
    for resource in estate.of("storage:BlobContainer") if container else ():
        inputs = resource["inputs"]
        if (inputs["accountName"], inputs["containerName"]) == (account, container):
            return estate.id(resource)
    accounts = estate.of("storage:StorageAccount")
    return next((estate.id(a) for a in accounts if a["inputs"]["accountName"] == account), None)


def service_of(estate: Estate, reference: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of the linked service that a reference names, typeProperties merged in; or nothing."""
    resource = estate.in_factory.get(("linkedservices", reference.get("referenceName")))
    own = (resource or {"inputs": {}})["inputs"].get("properties") or {}
    return {**own, **(own.get("typeProperties") or {})}


def identity_of(estate: Estate, credential: Mapping[str, Any] | None) -> Resource | None:
    """The identity behind a credential of the factory; the factory itself where none is named."""
    if credential is None:
        return next(iter(estate.of("datafactory:Factory")), None)
    named = estate.in_factory.get(("credentials", credential.get("referenceName")))
    if named is None:
        return None
    return estate.by_id.get(plain(str(named["inputs"]["properties"].get("resourceId"))))


def principal_of(estate: Estate, identity: Resource | None) -> str | None:
    """An identity's object id."""
    made = estate.outputs(identity) if identity else {}
    return made.get("principalId") or (made.get("identity") or {}).get("principalId")


def _dataset_needs(estate: Estate, pipeline: Resource) -> Iterator[Need]:
    for step in activities(pipeline):
        read = [*(step.get("inputs") or ()), *([step["dataset"]] if step.get("dataset") else [])]
        written = list(step.get("outputs") or ())
        if step["type"] == "Delete":
            read, written = [], read
        for reference, ability in [(r, READ_BLOBS) for r in read] + [(w, WRITE_BLOBS) for w in written]:
            dataset = estate.in_factory.get(("datasets", reference.get("referenceName")))
            if dataset is None:
                continue
            properties = dataset["inputs"]["properties"]
            service = service_of(estate, properties["linkedServiceName"])
            container = (properties.get("location") or {}).get("fileSystem")
            if service.get("type") != "AzureBlobFS":
                continue
            inside = container if isinstance(container, str) else ""
            scope = place_in_lake(estate, f"{service['url'].rstrip('/')}/{inside}")
            principal = principal_of(estate, identity_of(estate, service.get("credential")))
            if scope and principal:
                yield Need(principal, ability, scope, pipeline["urn"], f"activity {step['name']!r}")


def _web_needs(estate: Estate, pipeline: Resource) -> Iterator[Need]:
    rules = {estate.outputs(r).get("immutableId"): r for r in estate.of("monitor:DataCollectionRule")}
    for step in activities(pipeline):
        if step["type"] not in ("WebActivity", "WebHook"):
            continue
        shown = step.get("authentication") or {}
        principal = principal_of(estate, identity_of(estate, shown.get("credential")))
        for name in (name for text in leaves(step.get("url")) for name in _RULE_OF_URL.findall(text)):
            if name in rules and principal:
                yield Need(
                    principal,
                    SEND_METRICS,
                    estate.id(rules[name]),
                    pipeline["urn"],
                    f"activity {step['name']!r}",
                )


def _vault_needs(estate: Estate) -> Iterator[Need]:
    vaults = {estate.outputs(v)["name"].lower(): v for v in estate.of("keyvault:Vault")}
    for resource in estate.resources:
        for found in objects(resource["inputs"]):
            if found.get("type") != "AzureKeyVaultSecret":
                continue
            service = service_of(estate, found.get("store") or {})
            host = str(service.get("baseUrl")).removeprefix("https://").partition(".")[0].lower()
            principal = principal_of(estate, identity_of(estate, service.get("credential")))
            if host in vaults and principal:
                why = f"the secret {found.get('secretName')!r}"
                yield Need(principal, READ_SECRETS, estate.id(vaults[host]), resource["urn"], why)


def _synapse_needs(estate: Estate) -> Iterator[Need]:
    """Every external data source is read by the workspace's own identity, by way of the scoped credential."""
    for workspace in estate.of("synapse:Workspace"):
        principal = principal_of(estate, workspace)
        endpoint = estate.outputs(workspace)["connectivityEndpoints"]["sqlOnDemand"]
        scripts = estate.of("pulumi-python:dynamic/highwater:SqlScript")
        for script in (s for s in scripts if s["inputs"]["server"] == endpoint):
            for url in _SOURCE_OF_SQL.findall(script["inputs"]["script"]):
                scope = place_in_lake(estate, url)
                if scope and principal:
                    yield Need(principal, READ_BLOBS, scope, script["urn"], f"the data source at {url}")


def _catalog_needs(estate: Estate) -> Iterator[Need]:
    """Unity Catalog reaches each external location as the access connector of its storage credential."""
    credentials = {
        c["inputs"]["name"]: c for c in estate.of("databricks:index/storageCredential:StorageCredential")
    }
    for location in estate.of("databricks:index/externalLocation:ExternalLocation"):
        inputs = location["inputs"]
        used = credentials.get(inputs.get("credentialName"), {"inputs": {}})["inputs"]
        connector = estate.by_id.get(
            plain((used.get("azureManagedIdentity") or {}).get("accessConnectorId", ""))
        )
        scope, principal = place_in_lake(estate, inputs["url"]), principal_of(estate, connector)
        if scope and principal:
            abilities = (READ_BLOBS,) if inputs.get("readOnly") else (READ_BLOBS, WRITE_BLOBS)
            for ability in abilities:
                yield Need(principal, ability, scope, location["urn"], f"the location {inputs['url']}")


def _laptop_needs(estate: Estate) -> Iterator[Need]:
    """Only the laptop has no Unity Catalog: its job goes straight to the lake, as the connector."""
    if estate.of("databricks:index/externalLocation:ExternalLocation"):
        return
    for job in estate.of("databricks:index/job:Job"):
        places = {place_in_lake(estate, text) for text in leaves(job["inputs"].get("tasks"))} - {None}
        for connector in estate.of("databricks:AccessConnector"):
            for place, ability in ((p, a) for p in sorted(places) for a in (READ_BLOBS, WRITE_BLOBS)):
                principal = principal_of(estate, connector)
                if principal:
                    yield Need(principal, ability, place, job["urn"], "the job's tables")


def needs(estate: Estate) -> Iterator[Need]:
    """Everything that some identity has to be able to do."""
    for pipeline in estate.of("datafactory:Pipeline"):
        yield from _dataset_needs(estate, pipeline)
        yield from _web_needs(estate, pipeline)
    yield from _vault_needs(estate)
    yield from _synapse_needs(estate)
    yield from _catalog_needs(estate)
    yield from _laptop_needs(estate)
