"""GetMetadata and Delete over the lake, and Lookups over Parquet and delimited text."""

import base64
import datetime as dt
import hashlib
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lakelab import LakeLab, dataset

from local.adf import DefinitionError


@pytest.fixture
def lab(tmp_path) -> LakeLab:
    return LakeLab(tmp_path)


class TestGetMetadata:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-get-metadata-activity"

    def ask(self, lab: LakeLab, data: dict, *fields: str, **more: object):
        activity = {
            "name": "M", "type": "GetMetadata", "dataset": {"referenceName": "d"}, "fieldList": list(fields), **more,
        }  # fmt: skip
        return lab.one(activity, {"d": data})

    def test_of_a_file(self, lab):
        file = lab.put("in/a.csv", "id,name\n1,x\n")
        os.utime(file, (1_487_830_629, 1_487_830_629))
        fields = (
            "exists",
            "itemName",
            "itemType",
            "size",
            "lastModified",
            "contentMD5",
            "structure",
            "columnCount",
        )
        data = dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True)
        assert self.ask(lab, data, *fields).output == {
            "exists": True,
            "itemName": "a.csv",
            "itemType": "File",
            "size": 12,
            "lastModified": "2017-02-23T06:17:09Z",
            "contentMD5": base64.b64encode(hashlib.md5(b"id,name\n1,x\n").digest()).decode(),
            "structure": [{"name": "id", "type": "String"}, {"name": "name", "type": "String"}],
            "columnCount": 2,
        }

    def test_the_structure_of_parquet_is_in_interim_types(self, lab):
        (lab.box / "in").mkdir()
        columns = {
            "n": pa.array([1], pa.int64()), "d": pa.array([1.5]), "at": pa.array([dt.datetime(2024, 1, 1)]),
            "price": pa.array([1], pa.decimal128(9, 2)), "ok": [True], "s": ["x"], "raw": [b"x"],
        }  # fmt: skip
        pq.write_table(pa.table(columns), lab.box / "in/a.parquet")
        found = self.ask(lab, dataset("Parquet", "in", "a.parquet"), "structure").output["structure"]
        assert {one["name"]: one["type"] for one in found} == {
            "n": "Int64", "d": "Double", "at": "DateTime", "price": "Decimal", "ok": "Boolean", "s": "String",
            "raw": "Byte[]",
        }  # fmt: skip

    def test_of_a_folder(self, lab):
        lab.put("in/b.avro", "")
        lab.put("in/a folder/c.txt", "")
        output = self.ask(lab, dataset("Binary", "in"), "exists", "itemName", "itemType", "childItems").output
        assert output == {
            "exists": True,
            "itemName": "in",
            "itemType": "Folder",
            "childItems": [{"name": "a folder", "type": "Folder"}, {"name": "b.avro", "type": "File"}],
        }

    def test_filtered_children_are_files_alone(self, lab):
        os.utime(lab.put("in/old.txt", ""), (0, 0))
        lab.put("in/deep/new.txt", "")
        store = {"modifiedDatetimeEnd": "1990-01-01T00:00:00Z"}
        output = self.ask(lab, dataset("Binary", "in"), "childItems", storeSettings=store).output
        assert output == {"childItems": [{"name": "old.txt", "type": "File"}]}

    def test_a_missing_object_is_told_only_when_exists_is_asked_for(self, lab):
        data = dataset("Binary", "in", "gone.txt")
        assert self.ask(lab, data, "exists", "size").output == {"exists": False}
        assert self.ask(lab, data, "size").error["errorCode"] == "UserErrorFileNotFound"

    @pytest.mark.parametrize(
        ("file", "field", "said"),
        [
            (None, "size", "'size' is metadata of files, and in is a folder"),
            ("a.txt", "childItems", "'childItems' is metadata of folders, and a.txt is a file"),
            ("a.txt", "structure", "A file of the type Binary has no structure"),
        ],
    )
    def test_a_field_that_does_not_apply_fails(self, lab, file, field, said):
        lab.put("in/a.txt", "x")
        assert said in self.ask(lab, dataset("Binary", "in", file), field).error["message"]

    def test_created_is_not_to_be_had_in_data_lake_storage(self, lab):
        with pytest.raises(DefinitionError, match="the field 'created' is not to be had"):
            self.ask(lab, dataset("Binary", "in"), "created")


class TestDelete:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/delete-activity"

    @pytest.fixture
    def tree(self, lab) -> LakeLab:
        for path in ("A1/1.txt", "A2/4.txt", "A2/5.csv", "A2/B1/6.txt", "A2/B1/7.csv", "A2/B2/8.txt"):
            lab.put(path, "x")
        return lab

    def delete(self, lab: LakeLab, data: dict, more: dict | None = None, **store: object):
        activity = {
            "name": "D", "type": "Delete", "dataset": {"referenceName": "d"}, "storeSettings": store, **(more or {}),
        }  # fmt: skip
        return lab.one(activity, {"d": data})

    @pytest.mark.parametrize(
        ("file", "recursive", "gone"),
        [
            (None, False, {"A2/4.txt", "A2/5.csv"}),
            (None, True, {"A2/4.txt", "A2/5.csv", "A2/B1/6.txt", "A2/B1/7.csv", "A2/B2/8.txt"}),
            ("*.txt", False, {"A2/4.txt"}),
            ("*.txt", True, {"A2/4.txt", "A2/B1/6.txt", "A2/B2/8.txt"}),
        ],
    )
    def test_the_documented_combinations(self, tree, file, recursive, gone):
        """https://learn.microsoft.com/azure/data-factory/delete-activity#delete-specific-folders-or-files"""
        before = set(tree.files())
        output = self.delete(tree, dataset("Binary", "A2", file), recursive=recursive).output
        assert before - set(tree.files()) == gone
        assert output["filesDeleted"] == len(gone)
        assert output["isWildcardUsed"] == (file is not None) and output["recursive"] == recursive
        assert (tree.box / "A2").exists() == (file is not None or not recursive)

    def test_not_recursive_by_default(self, tree):
        assert self.delete(tree, dataset("Binary", "A2")).output["filesDeleted"] == 2

    def test_wildcards_of_the_settings(self, tree):
        output = self.delete(
            tree, dataset("Binary"), wildcardFolderPath="A*/B?", wildcardFileName="*.csv"
        ).output
        assert output["filesDeleted"] == 1 and "A2/B1/7.csv" not in tree.files()

    def test_the_file_system_itself_stays(self, tree):
        assert self.delete(tree, dataset("Binary"), recursive=True).output["filesDeleted"] == 6
        assert tree.box.is_dir() and list(tree.box.iterdir()) == []

    def test_a_missing_file_fails(self, tree):
        assert (
            self.delete(tree, dataset("Binary", "A2", "9.txt")).error["errorCode"] == "UserErrorFileNotFound"
        )

    def test_can_not_leave_the_file_system(self, tree):
        (tree.folder / "keep.txt").write_text("x")
        assert "points out of" in self.delete(tree, dataset("Binary", "../"), recursive=True).error["message"]
        assert (tree.folder / "keep.txt").exists()

    def test_the_log_names_what_was_deleted(self, tree):
        """https://learn.microsoft.com/azure/data-factory/delete-activity#sample-log-file-of-the-delete-activity"""
        (tree.folder / "logs").mkdir()
        settings = {"linkedServiceName": {"referenceName": "lake"}, "path": "logs/deleted"}
        more = {"enableLogging": True, "logStorageSettings": settings}
        output = self.delete(tree, dataset("Binary", "A2", "*.csv"), more, recursive=True).output
        (log,) = (tree.folder / "logs/deleted").iterdir()
        assert output["logPath"] == log.as_uri()
        assert log.read_text().splitlines() == [
            "Name,Category,Status,Error", "5.csv,File,Deleted,", "B1/7.csv,File,Deleted,",
        ]  # fmt: skip


class TestLookup:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity"

    def look(self, lab: LakeLab, data: dict, first: bool = False):
        source = {"type": f"{data['type']}Source"}
        activity = {
            "name": "L", "type": "Lookup", "dataset": {"referenceName": "d"}, "source": source, "firstRowOnly": first,
        }  # fmt: skip
        return lab.one(activity, {"d": data})

    def test_text(self, lab):
        lab.put("in/a.csv", "id,name\n1,x\n2,\n")
        data = dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True)
        assert self.look(lab, data).output == {
            "count": 2,
            "value": [{"id": "1", "name": "x"}, {"id": "2", "name": None}],
        }
        assert self.look(lab, data, first=True).output == {"firstRow": {"id": "1", "name": "x"}}

    def test_text_without_a_header_has_columns_by_number(self, lab):
        lab.put("in/a.csv", "1,x\n")
        assert self.look(lab, dataset("DelimitedText", "in", "a.csv"), first=True).output == {
            "firstRow": {"Prop_0": "1", "Prop_1": "x"}
        }

    def test_parquet_is_cut_at_5000_rows_loudly(self, lab):
        (lab.box / "in").mkdir()
        pq.write_table(pa.table({"n": range(5_003)}), lab.box / "in/a.parquet")
        ended = self.look(lab, dataset("Parquet", "in", "a.parquet"))
        assert ended.output["count"] == 5_000 and ended.output["value"][-1] == {"n": 4_999}
        assert ended.warnings == [
            "The lookup found 5,003 rows and gives the first 5,000: the service drops the others."
        ]

    def test_more_than_4_mb_fail(self, lab):
        lab.put("in/a.csv", "a\n" + ("x" * 1000 + "\n") * 4_500)
        ended = self.look(lab, dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True))
        assert ended.error["errorCode"] == "2001" and "more than 4 MB" in ended.error["message"]
