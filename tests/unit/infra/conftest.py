"""What a stack declares, once a session for each stack."""

import functools
from collections.abc import Callable

import pytest
import stacks

Declared = dict[str, dict]


@functools.cache
def _declared(stack: str) -> Declared:
    return {resource["urn"]: resource for resource in stacks.declared(stack)}


@pytest.fixture(scope="session")
def declared() -> Callable[[str], Declared]:
    """`declared("dev")` is every resource of that stack by its URN."""
    return _declared


@pytest.fixture(scope="session")
def of_type() -> Callable[[str, str], dict[str, dict]]:
    """`of_type("dev", "databricks:index/job:Job")` is the inputs of each of that type by logical name."""

    def find(stack: str, token: str) -> dict[str, dict]:
        return {
            urn.rpartition("::")[2]: resource["inputs"]
            for urn, resource in _declared(stack).items()
            if resource["type"] == token
        }

    return find
