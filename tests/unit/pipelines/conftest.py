"""The pipelines as they are declared."""

from collections.abc import Callable

import pytest
import stacks

TOKEN = "azure-native:datafactory:"


@pytest.fixture(scope="session")
def declared() -> list[dict]:
    return stacks.declared("dev")


@pytest.fixture(scope="session")
def pipelines(declared: list[dict]) -> dict[str, dict]:
    """The inputs of each pipeline by its name."""
    return {r["inputs"]["pipelineName"]: r["inputs"] for r in declared if r["type"] == f"{TOKEN}Pipeline"}


@pytest.fixture
def activities(pipelines: dict[str, dict]) -> Callable[[str], dict[str, dict]]:
    """`activities("ingest")` is every activity of that pipeline by its name, also those inside others."""

    def inside(found: list[dict]) -> dict[str, dict]:
        named = {}
        for activity in found:
            named[activity["name"]] = activity
            for key in ("activities", "ifTrueActivities", "ifFalseActivities"):
                named |= inside(activity.get(key) or [])
        return named

    return lambda pipeline: inside(pipelines[pipeline]["activities"])
