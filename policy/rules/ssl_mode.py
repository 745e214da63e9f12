"""PostgreSQL is asked over TLS, always: the connector's own default only prefers it."""

from collections.abc import Iterator

from .linked_services import body
from .rule import Resource, Rule, stack_of

_REQUIRED = (3, 5)  # require, and verify the certificate and the name
# The laptop's server listens on a Unix socket alone, where there is no TLS.
_SOCKET = frozenset({"local"})


def _check(resource: Resource) -> Iterator[str]:
    type_, service = body(resource) or ("", {})
    if type_ != "AzurePostgreSql" or stack_of(resource) in _SOCKET:
        return
    if service.get("sslMode") not in _REQUIRED:
        yield f"sslMode must be 3 (require) or 5 (verify), found {service.get('sslMode')}"
    if service.get("trustServerCertificate"):
        yield "trustServerCertificate takes the check of the certificate back"


RULE = Rule("ssl-mode", "Linked services to PostgreSQL require TLS.", _check)
