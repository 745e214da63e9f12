"""What a stack declares, as a list of its own for every test to break."""

import copy
import functools
from collections.abc import Callable

import pytest

from local.declare import resources

Estate = list[dict]


@functools.cache
def _declared(stack: str) -> Estate:
    return resources(stack)


@pytest.fixture(scope="session")
def estate() -> Callable[[str], Estate]:
    """`estate("dev")` is every resource of that stack: a copy, free to be changed."""
    return lambda stack: copy.deepcopy(_declared(stack))
