"""The program as a file, without the laptop's part, through the real engine: all that is missing is a login."""

import functools

import pytest
from recorded_app import PROJECT, App

from local.declare import resources

# A private stack has close to two hundred resources, and the machine other work.
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

STACKS = ("dev", "staging", "prod", "pr-7")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return App.make(tmp_path_factory.mktemp("program"))


def texts(value: object):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


@functools.cache
def declared(stack: str) -> dict[str, dict]:
    return {r["urn"]: r for r in resources(stack)}


def custom(found: dict[str, dict]) -> set[str]:
    own = ("azure-native:", "databricks:", "pulumi-python:")
    return {named(urn) for urn, r in found.items() if r["type"].startswith(own)}


def named(urn: str) -> str:
    """Type and logical name: declared URNs know fewer of a resource's parents than the engine's."""
    return "::".join([urn.split("::")[2].rpartition("$")[2], urn.rpartition("::")[2]])


@pytest.mark.parametrize("stack", STACKS)
def test_the_engine_makes_what_is_declared_from_the_file_alone(app: App, stack: str):
    done = app.up(stack)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    made, wanted = app.made(stack), custom(declared(stack))
    assert {named(r["urn"]) for r in made} == wanted
    assert len(made) == len(wanted)

    for resource in made:
        for text in texts(resource["inputs"]):
            assert str(app.root) not in text and str(PROJECT) not in text, (resource["urn"], text)
            assert not text.startswith(("/tmp", "/home", "/root", "file:")), (resource["urn"], text)
            assert "local.azure" not in text and ".highwater" not in text, (resource["urn"], text)

    triggers = [r for r in declared(stack).values() if r["type"] == "azure-native:datafactory:Trigger"]
    assert sorted(app.started()) == sorted(r["inputs"]["triggerName"] for r in triggers)
