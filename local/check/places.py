"""Every place in the lake that something names lies in a declared container."""

import re
from collections.abc import Iterator

from local.check.estate import Estate, leaves
from local.check.finding import Finding
from local.check.needs import service_of

RULE = "lake-place"
_HTTPS = re.compile(r"https://([a-z0-9]+)\.(?:dfs|blob)\.core\.windows\.net/([a-z0-9$-]*)")
_ABFSS = re.compile(r"abfss://([a-z0-9$-]+)@([a-z0-9]+)\.dfs\.core\.windows\.net")


def _named(text: str) -> Iterator[tuple[str, str]]:
    """(account, container) of each URL in a text."""
    yield from _HTTPS.findall(text)
    yield from ((account, container) for container, account in _ABFSS.findall(text))


def check(estate: Estate) -> Iterator[Finding]:
    """URLs, also those inside scripts, and the file systems of datasets, in accounts that are declared."""
    accounts = {a["inputs"]["accountName"] for a in estate.of("storage:StorageAccount")}
    containers = {
        (c["inputs"]["accountName"], c["inputs"]["containerName"]) for c in estate.of("storage:BlobContainer")
    }
    for resource in estate.resources:
        found = {place for text in leaves(resource["inputs"]) for place in _named(text)}
        if resource["type"] == "azure-native:datafactory:Dataset":
            own = resource["inputs"]["properties"]
            url = str(service_of(estate, own["linkedServiceName"]).get("url", ""))
            container = (own.get("location") or {}).get("fileSystem")
            found |= {(account, container) for account, _ in _named(url) if isinstance(container, str)}
        for account, container in sorted(found):
            if account in accounts and container and (account, container) not in containers:
                yield Finding(RULE, resource["urn"], f"the lake {account} has no container {container!r}")
