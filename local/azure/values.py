"""Pulumi's property values as plain Python, and back.

Plain means what JSON holds: the providers' rules are written on that. Two things have no place in JSON:
a value that is not known yet, which stays Pulumi's own marker string, and secrecy, which is told apart
by the paths that hold a secret.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import pulumi
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.rpc import UNKNOWN

from local.azure.registry import SECRET

# The engine writes one marker for each kind of unknown value; providers see them as strings.
_UNKNOWNS = frozenset({
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
    "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
})  # fmt: skip


def plain(value: PropertyValue) -> Any:
    """The plain value, secrets included. Whole numbers become int: the wire has only doubles."""
    inner = value.value
    if isinstance(inner, Mapping):
        return {key: plain(item) for key, item in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    if isinstance(inner, pulumi.Asset | pulumi.Archive):
        return {key: item for key, item in vars(inner).items() if isinstance(item, str)}
    return inner


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """The plain form of a resource's properties, without Pulumi's own keys (`__internal`) and nulls."""
    found = {key: plain(value) for key, value in values.items() if not key.startswith("__")}
    return {key: value for key, value in found.items() if value is not None}


def secrets_in(values: Mapping[str, PropertyValue]) -> set[str]:
    """Every text that is secret or stands inside something secret."""
    return {text for value in values.values() for text in _secret_texts(value, False)}


def _secret_texts(value: PropertyValue, inside: bool) -> Iterator[str]:
    inside = inside or value.is_secret
    inner = value.value
    if isinstance(inner, Mapping):
        children: Sequence[PropertyValue] = list(inner.values())
    elif isinstance(inner, Sequence) and not isinstance(inner, str):
        children = inner
    else:
        if inside and isinstance(inner, str) and inner and inner not in _UNKNOWNS:
            yield inner
        return
    for child in children:
        yield from _secret_texts(child, inside)


def redacted(value: Any, secrets: Set[str]) -> Any:
    """The plain value with every text that holds a secret replaced by "[secret]"."""
    if isinstance(value, Mapping):
        return {key: redacted(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item, secrets) for item in value]
    if isinstance(value, str) and _holds(value, secrets):
        return SECRET
    return value


def redacted_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """The plain form of properties for a file: what is marked secret, of whatever type, is "[secret]"."""
    hidden = {key: _hide(value) for key, value in values.items()}
    return redacted(plain_map(hidden), secrets_in(values))


def _hide(value: PropertyValue) -> PropertyValue:
    if value.is_secret:
        return PropertyValue(SECRET)
    inner = value.value
    if isinstance(inner, Mapping):
        return PropertyValue({key: _hide(item) for key, item in inner.items()})
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return PropertyValue([_hide(item) for item in inner])
    return value


def wire(value: Any, secrets: Set[str] = frozenset()) -> PropertyValue:
    """The property value of a plain one; texts that hold one of `secrets` are marked secret."""
    if isinstance(value, Mapping):
        return PropertyValue({key: wire(item, secrets) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([wire(item, secrets) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return PropertyValue(value, is_secret=isinstance(value, str) and _holds(value, secrets))


def _holds(text: str, secrets: Set[str]) -> bool:
    """Whether a text is a secret or has one inside. A very short secret is inside too much to tell."""
    return any(text == secret or (len(secret) >= 6 and secret in text) for secret in secrets)


def is_unknown(value: Any) -> bool:
    """Whether a plain value is the marker of one that is not known yet."""
    return isinstance(value, str) and value in _UNKNOWNS


def has_unknown(value: Any) -> bool:
    """Whether a plain value is, or holds anywhere, one that is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return is_unknown(value)


def to_be_told(known: Any, answered: Any) -> Any:
    """What is known before a create of what it will answer: the rest, at any depth, is unknown."""
    if isinstance(known, Mapping) and isinstance(answered, Mapping):
        missing = {key: UNKNOWN for key in answered if key not in known}
        return {key: to_be_told(value, answered.get(key)) for key, value in known.items()} | missing
    return known
