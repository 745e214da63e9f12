"""Whatever speaks, speaks TLS 1.2 or later."""

from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Resource, Rule, kind

_GOOD = {"tls1_2", "tls1_3", "1.2", "1.3", "tlsv1.2", "tlsv1.3"}
_NAMES = {"minimumTlsVersion", "minTlsVersion", "minimalTlsVersion"}
_NEEDED = {"storage:StorageAccount": "minimumTlsVersion"}


def _versions(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in value:
            if key in _NAMES:
                yield key, value[key]


def _check(resource: Resource) -> Iterator[str]:
    token, inputs = kind(resource), resource["inputs"]
    found = dict(_versions(inputs))
    needed = _NEEDED.get(token)
    if needed is not None and needed not in found:
        yield f"{needed} is not set: the service's own default may be older"
    for key, version in found.items():
        if str(version).lower() not in _GOOD:
            yield f"{key} must be TLS 1.2 or later, found {version}"
    if token == "storage:StorageAccount" and inputs.get("enableHttpsTrafficOnly") is not True:
        yield "enableHttpsTrafficOnly must be true"
    if token == "dbforpostgresql:Configuration":
        name, value = inputs.get("configurationName"), str(inputs.get("value")).lower()
        if name == "require_secure_transport" and value != "on":
            yield f"require_secure_transport must be on, found {value}"
        if name == "ssl_min_protocol_version" and value not in _GOOD:
            yield f"ssl_min_protocol_version must be TLSv1.2 or later, found {value}"


RULE = Rule("tls", "Nothing accepts less than TLS 1.2.", _check)
