"""Our few Databricks classes against the typed package that they stand in for."""

import importlib.util
import re
from pathlib import Path

import pytest

from infra.databricks_sdk import Job, WorkspaceFile

PACKAGE = Path(importlib.util.find_spec("pulumi_databricks").submodule_search_locations[0])


def wire_names(source: str, kind: str) -> set[str]:
    """The properties of a class of the typed package by their wire names."""
    found = re.search(rf"^class {kind}\b.*?(?=^@pulumi|\Z)", source, re.M | re.S)
    assert found, kind
    pattern = r"@pulumi\.getter(?:\(name=\"(\w+)\"\))?\s+def (\w+)\("
    return {renamed or name for renamed, name in re.findall(pattern, found[0])}


@pytest.fixture(scope="module")
def nested() -> str:
    return (PACKAGE / "_inputs.py").read_text()


def test_the_tokens_are_the_package_s():
    for kind, module in ((Job, "job"), (WorkspaceFile, "workspace_file")):
        assert f"'{kind.token}'" in (PACKAGE / f"{module}.py").read_text()


def test_every_name_that_is_declared_is_known_to_the_provider(of_type, nested):
    job = of_type("dev", "databricks:index/job:Job")["merge"]
    file = of_type("dev", "databricks:index/workspaceFile:WorkspaceFile")["wheel"]
    provider = of_type("dev", "pulumi:providers:databricks")["databricks"]
    assert set(job) <= wire_names((PACKAGE / "job.py").read_text(), "JobArgs")
    assert set(file) <= wire_names((PACKAGE / "workspace_file.py").read_text(), "WorkspaceFileArgs")
    assert set(provider) - {"version"} <= wire_names((PACKAGE / "provider.py").read_text(), "ProviderArgs")
    (task,), (environment,) = job["tasks"], job["environments"]
    for value, kind in (
        (task, "JobTaskArgs"),
        (task["pythonWheelTask"], "JobTaskPythonWheelTaskArgs"),
        (environment, "JobEnvironmentArgs"),
        (environment["spec"], "JobEnvironmentSpecArgs"),
        (job["queue"], "JobQueueArgs"),
        (job["parameters"][0], "JobParameterArgs"),
    ):
        assert set(value) <= wire_names(nested, kind), kind
        assert len(wire_names(nested, kind)) >= 1
