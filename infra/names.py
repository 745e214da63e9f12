"""One function names every Azure resource, within the limits of its type."""

import hashlib
import re
from dataclasses import dataclass

from infra.errors import InfraError
from infra.stack import StackName

PRODUCT = "hw"


@dataclass(frozen=True)
class _Kind:
    """What Azure allows: its abbreviation, lengths, an alphabet, and whether all of Azure shares the name."""

    prefix: str
    shortest: int
    longest: int
    alphabet: str = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
    worldwide: bool = False
    joined: str = "-"


KINDS = {
    "unity_catalog": _Kind("", 1, 255, r"[a-z0-9_]+", joined="_"),  # the metastore shares it
    "resource_group": _Kind("rg", 1, 90),
    "storage_account": _Kind("st", 3, 24, r"[a-z0-9]+", worldwide=True, joined=""),
    "postgres_server": _Kind("psql", 3, 63, worldwide=True),
    "identity": _Kind("id", 3, 128),
    "factory": _Kind("adf", 3, 63, worldwide=True),
    "databricks_workspace": _Kind("dbw", 3, 64),
    "access_connector": _Kind("dbac", 3, 64),
    "log_workspace": _Kind("log", 4, 63),
    "collection_endpoint": _Kind("dce", 3, 44),
    "collection_rule": _Kind("dcr", 3, 64),
    "action_group": _Kind("ag", 1, 260),
    "alert": _Kind("alert", 1, 260),
    "budget": _Kind("budget", 1, 63),
    "virtual_network": _Kind("vnet", 2, 64),
    "network_security_group": _Kind("nsg", 1, 80),
    "nat_gateway": _Kind("ng", 1, 80),
    "public_ip": _Kind("pip", 1, 80),
    "private_endpoint": _Kind("pep", 2, 64),
    "network_connectivity": _Kind("ncc", 3, 30, worldwide=True),  # the Databricks account shares it
    # The first part of a name: Pulumi adds eight characters, new ones for every new vault. Azure keeps a
    # deleted vault's name for weeks, so that the same name again would be refused.
    "key_vault": _Kind("kv", 3, 24 - 8),
    # The service adds "-ondemand" to it and refuses a name that holds that already.
    "synapse_workspace": _Kind(
        "syn", 1, 50, r"(?!.*-ondemand)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", worldwide=True
    ),
}


@dataclass(frozen=True)
class Names:
    """Names of one stack's resources.

    >>> Names("acme", StackName.parse("dev")).of("factory")
    'adf-hw-dev-b5d05'
    """

    organisation: str
    stack: StackName

    @property
    def _suffix(self) -> str:
        """Five hex digits that keep two organisations' names apart where all of Azure shares them."""
        return hashlib.sha256(f"{self.organisation}:{self.stack.name}".encode()).hexdigest()[:5]

    def of(self, kind: str, *parts: str) -> str:
        """The name of a resource of that kind, told apart from others of its kind by `parts`.

        Raises:
            InfraError: Azure would refuse the name; it tells the kind, the rule and the name.
        """
        limits = KINDS[kind]
        stack = self.stack.name.replace("-", limits.joined)
        words = [*([limits.prefix] if limits.prefix else []), PRODUCT, stack, *parts]
        name = limits.joined.join(words + ([self._suffix] if limits.worldwide else []))
        if not limits.shortest <= len(name) <= limits.longest:
            rule = f"{limits.shortest} to {limits.longest} characters, found {len(name)}"
        elif not re.fullmatch(limits.alphabet, name):
            rule = f"the pattern {limits.alphabet}"
        else:
            return name
        raise InfraError(f"Azure refuses {name!r} as the name of a {kind}.", f"Its rule is {rule}.")
