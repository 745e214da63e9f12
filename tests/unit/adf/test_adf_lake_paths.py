"""No name of a file, folder or container leads out of the lake."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.adf.connectors.lake import place
from local.adf.definition.resolve import Connection, Data
from local.adf.errors import ActivityError

PARTS = st.lists(
    st.sampled_from(["..", ".", "a", "b c", "", "%2e%2e", "~", "a..b", "\\", "é'\""]), max_size=5
)


def data(lake: Path, container: str, folder: str, file: str) -> Data:
    service = Connection("lake", "AzureBlobFS", {"url": lake.as_uri()})
    where = {"type": "AzureBlobFSLocation", "fileSystem": container, "folderPath": folder, "fileName": file}
    return Data("set", "Parquet", {"location": where}, service)


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    (folder / "landing").mkdir()
    return folder


@settings(max_examples=400, deadline=None)
@given(folder=PARTS, file=PARTS, lead=st.sampled_from(["", "/", "//"]))
def test_every_place_lies_in_its_container_or_is_refused(lake, folder, file, lead):
    try:
        found, name = place(data(lake, "landing", lead + "/".join(folder), lead + "/".join(file)))
    except ActivityError as error:
        assert "points out of its file system" in str(error)
        return
    whole = (found / (name or "")).resolve()
    assert whole.is_relative_to((lake / "landing").resolve()), whole


@pytest.mark.parametrize("container", ["..", ".", "landing/..", "", "/", "nosuch"])
def test_a_container_is_one_of_the_lake_s_own_folders(lake, container):
    with pytest.raises(ActivityError, match="does not exist"):
        place(data(lake, container, "", "passwd"))
