"""What each stack declares, worked out once a session: it takes seconds a stack."""

import functools

from local.declare import resources


@functools.cache
def declared(stack: str) -> list[dict]:
    """Every resource of that stack, for readers; a test that changes one takes a copy (the fixture `estate`)."""
    return resources(stack)
