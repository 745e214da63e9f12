"""One Spark server for the tests of job runs."""

from collections.abc import Iterator

import pytest
from sample_workspace import Workspace, make_workspace

from local.databricks import runs
from local.databricks.server import SparkServer


@pytest.fixture(scope="package")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = make_workspace(tmp_path_factory.mktemp("spark"))
    yield workspace
    runs.stop_all(workspace.state)
    SparkServer(workspace.state).stop()


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Workspace:
    """The shared workspace, with no lines of earlier runs."""
    shared_workspace.lines.clear()
    return shared_workspace
