"""Copy of Parquet, and of files as they are.

https://learn.microsoft.com/azure/data-factory/copy-activity-overview
"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lakelab import LakeLab, dataset

SAMPLE = pa.table({
    "id": pa.array([1, 2, 3], pa.int64()),
    "name": ["a", None, "ü😀"],
    "price": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(10, 2)),
    "at": pa.array([dt.datetime(2024, 2, 29, 13, 5, 9, 1)] * 3, pa.timestamp("us")),
    "flag": [True, False, None],
})  # fmt: skip
OUT = dataset("Parquet", "out", "all.parquet")


@pytest.fixture
def lab(tmp_path) -> LakeLab:
    return LakeLab(tmp_path)


def rows(lab: LakeLab, path: str = "out/all.parquet") -> list[dict]:
    return pq.read_table(lab.box / path).to_pylist()


def put_parquet(lab: LakeLab, path: str, table: pa.Table = SAMPLE) -> None:
    (lab.box / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, lab.box / path)


class TestParquet:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/format-parquet"

    def test_every_value_and_type_is_kept(self, lab):
        put_parquet(lab, "in/a.parquet")
        ended = lab.copy(dataset("Parquet", "in", "a.parquet"), OUT)
        assert ended.error is None
        found = pq.read_table(lab.box / "out/all.parquet")
        assert found.to_pylist() == SAMPLE.to_pylist()
        assert [str(one.type) for one in found.schema] == [str(one.type) for one in SAMPLE.schema]

    def test_the_output_s_figures_are_those_of_the_files(self, lab):
        """https://learn.microsoft.com/azure/data-factory/copy-activity-monitoring#monitor-programmatically"""
        put_parquet(lab, "in/a.parquet")
        output = lab.copy(dataset("Parquet", "in", "a.parquet"), OUT).output
        target = lab.box / "out/all.parquet"
        assert output["dataRead"] == (lab.box / "in/a.parquet").stat().st_size
        assert output["dataWritten"] == target.stat().st_size
        assert (output["filesRead"], output["filesWritten"], output["rowsRead"], output["rowsCopied"]) == (
            1,
            1,
            3,
            3,
        )
        assert output["copyDuration"] >= 1 and output["throughput"] > 0 and output["errors"] == []
        assert output["executionDetails"][0]["sink"] == {"type": "AzureBlobFS"}

    @pytest.mark.parametrize(
        ("asked", "result"),
        [
            (True, {"VerificationResult": "Verified", "InconsistentData": "None"}),
            (False, {"VerificationResult": "NotVerified"}),
        ],
    )
    def test_consistency_is_verified_when_asked_for(self, lab, asked, result):
        """https://learn.microsoft.com/azure/data-factory/copy-activity-data-consistency#monitoring"""
        put_parquet(lab, "in/a.parquet")
        ended = lab.copy(dataset("Parquet", "in", "a.parquet"), OUT, validateDataConsistency=asked)
        assert ended.output["dataConsistencyVerification"] == result

    @pytest.mark.parametrize(
        ("codec", "written"), [("none", "UNCOMPRESSED"), ("gzip", "GZIP"), ("snappy", "SNAPPY")]
    )
    def test_compression_is_the_dataset_s(self, lab, codec, written):
        put_parquet(lab, "in/a.parquet")
        goal = dataset("Parquet", "out", "all.parquet", compressionCodec=codec)
        lab.copy(dataset("Parquet", "in", "a.parquet"), goal)
        assert pq.read_metadata(lab.box / "out/all.parquet").row_group(0).column(0).compression == written

    def test_a_column_of_a_nested_type_is_refused(self, lab):
        """https://learn.microsoft.com/azure/data-factory/format-parquet#data-type-support"""
        put_parquet(lab, "in/a.parquet", pa.table({"tags": [[1, 2]]}))
        error = lab.copy(dataset("Parquet", "in", "a.parquet"), OUT).error
        assert "The column 'tags' of a.parquet is of the nested type BIGINT[]" in error["message"]

    def test_white_space_in_a_name_is_refused(self, lab):
        """https://learn.microsoft.com/azure/data-factory/format-parquet#dataset-properties"""
        put_parquet(lab, "in/a.parquet", pa.table({"two words": [1]}))
        assert (
            lab.copy(dataset("Parquet", "in", "a.parquet"), OUT).error["errorCode"]
            == "UserErrorInvalidColumnName"
        )


class TestFiles:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/connector-azure-data-lake-storage"

    @pytest.fixture
    def tree(self, lab) -> LakeLab:
        for path in ("in/2024/a.parquet", "in/2024/b.parquet", "in/2024/deep/c.parquet", "in/2023/d.parquet"):
            put_parquet(lab, path, pa.table({"n": [path]}))
        lab.put("in/2024/_SUCCESS", "")
        return lab

    def test_the_hierarchy_is_preserved_by_default(self, tree):
        source = {"storeSettings": {"wildcardFileName": "*.parquet"}}
        output = tree.copy(dataset("Parquet", "in"), dataset("Parquet", "out"), source).output
        assert (output["filesRead"], output["filesWritten"], output["rowsCopied"]) == (4, 4, 4)
        assert tree.files("out") == [
            "out/2023/d.parquet", "out/2024/a.parquet", "out/2024/b.parquet", "out/2024/deep/c.parquet",
        ]  # fmt: skip
        assert rows(tree, "out/2024/deep/c.parquet") == [{"n": "in/2024/deep/c.parquet"}]

    def test_without_recursion_the_folder_s_own_files_alone(self, tree):
        source = {"storeSettings": {"wildcardFileName": "?.par*", "recursive": False}}
        tree.copy(dataset("Parquet", "in/2024"), dataset("Parquet", "out"), source)
        assert tree.files("out") == ["out/a.parquet", "out/b.parquet"]

    def test_wildcards_of_folders_count_from_the_file_system(self, tree):
        store = {"wildcardFolderPath": "in/20*", "wildcardFileName": "*.parquet", "recursive": False}
        tree.copy(dataset("Parquet"), dataset("Parquet", "out"), {"storeSettings": store})
        assert tree.files("out") == [
            "out/in/2023/d.parquet",
            "out/in/2024/a.parquet",
            "out/in/2024/b.parquet",
        ]

    def test_merge_files_writes_one(self, tree):
        source = {"storeSettings": {"wildcardFileName": "*.parquet"}}
        ended = tree.copy(
            dataset("Parquet", "in"), OUT, source, {"storeSettings": {"copyBehavior": "MergeFiles"}},
            validateDataConsistency=True,
        )  # fmt: skip
        assert [row["n"][-9:] for row in rows(tree)] == ["d.parquet", "a.parquet", "b.parquet", "c.parquet"]
        assert (ended.output["filesRead"], ended.output["filesWritten"]) == (4, 1)

    def test_several_files_for_one_name_are_refused_without_it(self, tree):
        error = tree.copy(
            dataset("Parquet", "in"), OUT, {"storeSettings": {"wildcardFileName": "*.parquet"}}
        ).error
        assert "The source has 4 files, and the dataset 'goal' names one" in error["message"]

    def test_files_of_other_columns_are_not_merged(self, tree):
        put_parquet(tree, "in/2024/e.parquet", pa.table({"m": [1]}))
        source = {"storeSettings": {"wildcardFileName": "*.parquet"}}
        ended = tree.copy(
            dataset("Parquet", "in"), OUT, source, {"storeSettings": {"copyBehavior": "MergeFiles"}}
        )
        assert ended.error["errorCode"] == "UserErrorSchemaMismatch"

    def test_a_source_is_never_written_over(self, tree):
        origin = dataset("Parquet", "in/2024", "a.parquet")
        before = (tree.box / "in/2024/a.parquet").read_bytes()
        assert "over its source" in tree.copy(origin, origin).error["message"]
        assert (tree.box / "in/2024/a.parquet").read_bytes() == before

    def test_a_missing_source_fails(self, lab):
        (lab.box / "in").mkdir()
        assert (
            lab.copy(dataset("Parquet", "in", "no.parquet"), OUT).error["errorCode"]
            == "UserErrorFileNotFound"
        )

    def test_files_are_filtered_by_when_they_were_modified(self, tree):
        import os

        os.utime(tree.box / "in/2024/a.parquet", (0, 0))
        store = {"wildcardFileName": "*.parquet", "modifiedDatetimeEnd": "1980-01-01T00:00:00Z"}
        tree.copy(dataset("Parquet", "in"), dataset("Parquet", "out"), {"storeSettings": store})
        assert tree.files("out") == ["out/2024/a.parquet"]


class TestMaxRowsPerFile:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/format-parquet#parquet-as-sink"

    @pytest.mark.parametrize(("count", "sizes"), [(10, [4, 4, 2]), (8, [4, 4]), (0, [0])])
    def test_files_are_numbered_and_have_no_more_rows(self, lab, count, sizes):
        put_parquet(lab, "in/a.parquet", pa.table({"n": pa.array(range(count), pa.int64())}))
        sink = {"formatSettings": {"type": "ParquetWriteSettings", "maxRowsPerFile": 4}}
        output = lab.copy(dataset("Parquet", "in", "a.parquet"), dataset("Parquet", "out"), None, sink).output
        assert lab.files("out") == [f"out/a_{number:05d}.parquet" for number in range(len(sizes))]
        assert [len(rows(lab, file)) for file in lab.files("out")] == sizes
        assert [row["n"] for file in lab.files("out") for row in rows(lab, file)] == list(range(count))
        assert (output["filesWritten"], output["rowsCopied"]) == (len(sizes), count)
        assert output["dataWritten"] == sum((lab.box / file).stat().st_size for file in lab.files("out"))

    def test_is_refused_with_a_file_name(self, lab):
        put_parquet(lab, "in/a.parquet")
        sink = {"formatSettings": {"maxRowsPerFile": 4}}
        error = lab.copy(dataset("Parquet", "in", "a.parquet"), OUT, None, sink).error
        assert "maxRowsPerFile is for a folder" in error["message"]


class TestBinary:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/format-binary"

    def test_files_are_copied_as_they_are(self, lab):
        lab.put("in/a.bin", b"\x00\xff" * 1000)
        lab.put("in/deep/b.bin", b"b")
        source = {"storeSettings": {"recursive": True}}
        output = lab.copy(dataset("Binary", "in"), dataset("Binary", "out"), source).output
        assert (lab.box / "out/a.bin").read_bytes() == b"\x00\xff" * 1000
        assert (lab.box / "out/deep/b.bin").read_bytes() == b"b"
        assert (output["filesRead"], output["filesWritten"]) == (2, 2)
        assert output["dataRead"] == output["dataWritten"] == 2001
        assert "rowsRead" not in output and "rowsCopied" not in output
