"""Which jars are kept, when a kept set is whole, and whose ~/.m2 is to blame when ivy fails."""

import json
from pathlib import Path

import pytest

from local.errors import HighwaterError
from local.toolchain import ivy, jars

FAILURE = """
		::::::::::::::::::::::::::::::::::::::::::::::
		::              FAILED DOWNLOADS            ::
		:: ^ see resolution messages for details  ^ ::
		::::::::::::::::::::::::::::::::::::::::::::::
		:: io.delta#delta-storage;4.3.1!delta-storage.jar
		:: org.slf4j#slf4j-api;2.0.13!slf4j-api.jar
		::::::::::::::::::::::::::::::::::::::::::::::
Exception in thread "main" java.lang.RuntimeException: [download failed: io.delta#delta-storage;4.3.1!...]
"""


@pytest.mark.parametrize(
    ("file_name", "artifact"),
    [
        ("parquet-column-1.16.0.jar", "parquet-column"),
        ("delta-spark_4.1_2.13-4.3.1.jar", "delta-spark_4.1_2.13"),
        ("hive-shims-0.23-2.3.10.jar", "hive-shims"),
        ("zstd-jni-1.5.7-3.jar", "zstd-jni"),
    ],
)
def test_the_artifact_of_a_jar(file_name: str, artifact: str):
    assert jars.artifact(file_name) == artifact


def test_only_what_spark_does_not_bring_is_kept(tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    for name in ("parquet-column-1.17.0.jar", "RoaringBitmap-1.3.0.jar"):
        (own / name).touch()
    fetched = [
        Path("io.delta_delta-storage-4.3.1.jar"),
        Path("org.apache.parquet_parquet-column-1.16.0.jar"),
        Path("org.roaringbitmap_RoaringBitmap-0.9.25.jar"),
        Path("org.roaringbitmap_shims-0.9.25.jar"),
    ]
    assert [path.name for path in jars.beyond_spark(fetched, own)] == [
        "io.delta_delta-storage-4.3.1.jar",
        "org.roaringbitmap_shims-0.9.25.jar",
    ]


def test_a_set_is_read_only_when_whole(tmp_path: Path):
    (tmp_path / "a.jar").write_bytes(b"1234")
    (tmp_path / "b.jar").write_bytes(b"12")
    (tmp_path / jars.LIST).write_text(json.dumps({"b.jar": 2, "a.jar": 4}))
    assert jars.read(tmp_path) == [tmp_path / "a.jar", tmp_path / "b.jar"]
    (tmp_path / "b.jar").write_bytes(b"1")
    assert jars.read(tmp_path) is None
    (tmp_path / jars.LIST).write_text("{}")
    assert jars.read(tmp_path) is None
    assert jars.read(tmp_path / "nowhere") is None


def test_without_jars_the_error_says_to_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HIGHWATER_CACHE", str(tmp_path))
    with pytest.raises(HighwaterError, match="Delta's jars are missing") as refusal:
        jars.require()
    assert refusal.value.next_step == "Run `make setup`."


def test_the_half_filled_folder_is_named_and_a_whole_one_is_not(tmp_path: Path):
    repository = tmp_path / ".m2" / "repository"
    half = repository / "io" / "delta" / "delta-storage" / "4.3.1"
    whole = repository / "org" / "slf4j" / "slf4j-api" / "2.0.13"
    for folder in (half, whole):
        folder.mkdir(parents=True)
        (folder / f"{folder.parent.name}-{folder.name}.pom").touch()
    (whole / "slf4j-api-2.0.13.jar").touch()
    assert ivy.half_filled(FAILURE, tmp_path) == [half]
    assert ivy.half_filled("all is well", tmp_path) == []
