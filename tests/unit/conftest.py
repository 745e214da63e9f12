"""What a stack declares, as a list of its own for every test to break."""

import copy
from collections.abc import Callable

import pytest
from stacks import declared

Estate = list[dict]


@pytest.fixture(scope="session")
def estate() -> Callable[[str], Estate]:
    """`estate("dev")` is every resource of that stack: a copy, free to be changed."""
    return lambda stack: copy.deepcopy(declared(stack))
