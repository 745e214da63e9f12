"""Parameters of a Script, and what a Copy from PostgreSQL may add, map and split."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from local.adf import ActivityRun, Factory, Runtime

pytestmark = pytest.mark.postgres


class Lab:
    """Runs one activity against a database and a lake of its own."""

    def __init__(self, host: str, name: str, folder: Path):
        self.folder = folder
        (folder / "box").mkdir()
        properties = {"server": host, "port": 5432, "database": name, "username": "postgres", "sslMode": 0}
        self.services = {
            "db": {"type": "AzurePostgreSql", "version": "2.0", "typeProperties": properties},
            "lake": {"type": "AzureBlobFS", "url": folder.as_uri() + "/"},
        }

    def run(self, activity: dict, goal: dict | None = None) -> ActivityRun:
        datasets = {
            "query": {"type": "AzurePostgreSqlTable", "linkedServiceName": {"referenceName": "db"}},
            "goal": {
                "type": "Parquet",
                "linkedServiceName": {"referenceName": "lake"},
                "location": {
                    "type": "AzureBlobFSLocation",
                    "fileSystem": "box",
                    "folderPath": "out",
                    **(goal or {}),
                },
            },
        }
        factory = Factory({"main": {"activities": [activity]}}, datasets, self.services)
        return Runtime(factory, self.folder / "runs").run("main").activities[-1]

    def script(self, text: str, *parameters: dict, kind: str = "Query") -> ActivityRun:
        block = {"type": kind, "text": text, "parameters": list(parameters)}
        service = {"referenceName": "db"}
        return self.run({"name": "S", "type": "Script", "linkedServiceName": service, "scripts": [block]})

    def copy(
        self,
        query: str,
        sink: dict | None = None,
        source: dict | None = None,
        file: str = "a.parquet",
        **more,
    ):
        activity = {
            "name": "C",
            "type": "Copy",
            "inputs": [{"referenceName": "query"}],
            "outputs": [{"referenceName": "goal"}],
            "source": {"type": "AzurePostgreSqlSource", "query": query, **(source or {})},
            "sink": {"type": "ParquetSink", **(sink or {})},
            **more,
        }
        return self.run(activity, {"fileName": file} if file else {})

    def rows(self, file: str = "a.parquet") -> list[dict]:
        return pq.read_table(self.folder / "box/out" / file).to_pylist()


@pytest.fixture
def lab(database, tmp_path) -> Lab:
    return Lab(database.host, database.name, tmp_path)


def given(name: str, value: object, kind: str) -> dict:
    return {"name": name, "value": value, "type": kind, "direction": "Input"}


class TestScriptParameters:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/transform-data-using-script#syntax-details"

    @pytest.mark.parametrize(
        ("value", "kind", "cast", "found"),
        [
            ("it's 100% $1", "String", "text", "it's 100% $1"),
            (7, "Int32", "int", 7),
            ("9007199254740993", "Int64", "bigint", 9007199254740993),
            ("1.50", "Decimal", "numeric(10,2)", 1.5),
            (True, "Boolean", "boolean", True),
            ("2024-02-29T13:05:09Z", "DateTime", "timestamptz", "2024-02-29T13:05:09Z"),
            ("0b1c2d3e-0000-4000-8000-000000000001", "Guid", "uuid", "0b1c2d3e-0000-4000-8000-000000000001"),
            ("aGk=", "Byte[]", "bytea", "aGk="),
            (None, "String", "text", None),
        ],
    )
    def test_a_value_of_each_type_arrives(self, lab, value, kind, cast, found):
        ended = lab.script(f"select @p::{cast} as v", given("p", value, kind))
        assert ended.error is None, ended.error
        assert ended.output["resultSets"] == [{"rowCount": 1, "rows": [{"v": found}]}]

    def test_a_value_is_never_read_as_sql(self, lab):
        ended = lab.script("select @p as v", given("p", "'; drop table x; --", "String"))
        assert ended.output["resultSets"][0]["rows"] == [{"v": "'; drop table x; --"}]

    def test_what_only_looks_like_a_parameter_stays(self, lab):
        text = """select '@p :p' as quoted, 1::int as cast, '10%' like '1%' as likes, -- @p
            $$@p$$ as dollars, :p as colon, @P as case"""
        ended = lab.script(text.replace("as case", 'as "case"'), given("p", "x", "String"))
        assert ended.output["resultSets"][0]["rows"] == [
            {"quoted": "@p :p", "cast": 1, "likes": True, "dollars": "@p", "colon": "x", "case": "x"}
        ]

    def test_they_go_with_a_block_of_several_statements(self, lab):
        text = (
            "create table t (n int); insert into t select generate_series(1, @n); select count(*) as c from t"
        )
        ended = lab.script(text, given("n", 4, "Int32"))
        assert ended.output["recordsAffected"] == 4
        assert ended.output["resultSets"] == [{"rowCount": 1, "rows": [{"c": 4}]}]

    def test_a_value_that_is_not_of_its_type_is_refused(self, lab):
        error = lab.script("select @p", given("p", "many", "Int32")).error
        assert error["message"] == "The value of the script's parameter 'p' is not a Int32."


class TestScriptOutput:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/transform-data-using-script#activity-output"

    def test_the_shape(self, lab):
        assert lab.script("select 1 as a").output == {
            "resultSetCount": 1,
            "recordsAffected": 0,
            "resultSets": [{"rowCount": 1, "rows": [{"a": 1}]}],
            "outputParameters": {},
            "outputLogs": "",
        }

    def test_a_non_query_gives_no_rows(self, lab):
        output = lab.script("select 1 as a", kind="NonQuery").output
        assert (output["resultSetCount"], output["resultSets"]) == (0, [])


class TestCopy:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/copy-activity-overview"

    def test_additional_columns(self, lab):
        added = [
            {"name": "run", "value": {"type": "Expression", "value": "@pipeline().Pipeline"}},
            {"name": "twice", "value": "$$COLUMN:n"},
        ]
        ended = lab.copy("select 7 as n", source={"additionalColumns": added})
        assert ended.error is None, ended.error
        assert lab.rows() == [{"n": 7, "run": "main", "twice": 7}]

    def test_a_file_path_is_for_files(self, lab):
        ended = lab.copy(
            "select 7 as n", source={"additionalColumns": [{"name": "p", "value": "$$FILEPATH"}]}
        )
        assert "$$FILEPATH is for sources of files" in ended.error["message"]

    def test_mapping(self, lab):
        mappings = [
            {"source": {"name": "b"}, "sink": {"name": "second"}},
            {
                "source": {"name": "a"},
                "sink": {"name": "first", "type": "Decimal", "precision": 9, "scale": 1},
            },
        ]
        translator = {"type": "TabularTranslator", "mappings": mappings}
        ended = lab.copy("select 1 as a, timestamp '2024-02-29' as b, 3 as c", translator=translator)
        assert ended.error is None, ended.error
        assert lab.rows() == [{"second": dt.datetime(2024, 2, 29), "first": Decimal("1.0")}]

    def test_files_are_numbered_behind_the_prefix(self, lab):
        """https://learn.microsoft.com/azure/data-factory/format-parquet#parquet-as-sink"""
        settings = {"type": "ParquetWriteSettings", "maxRowsPerFile": 150_000, "fileNamePrefix": "part"}
        ended = lab.copy(
            "select g as n from generate_series(1, 400000) g", {"formatSettings": settings}, file=""
        )
        assert ended.error is None, ended.error
        files = sorted(path.name for path in (lab.folder / "box/out").iterdir())
        assert files == ["part_00000.parquet", "part_00001.parquet", "part_00002.parquet"]
        assert [len(lab.rows(file)) for file in files] == [150_000, 150_000, 100_000]
        assert [row["n"] for file in files for row in lab.rows(file)] == list(range(1, 400_001))
        assert (ended.output["filesWritten"], ended.output["rowsCopied"]) == (3, 400_000)

    def test_a_folder_without_a_prefix_is_refused(self, lab):
        ended = lab.copy("select 1 as n", {"formatSettings": {"maxRowsPerFile": 10}}, file="")
        assert "Name the file, or give maxRowsPerFile and fileNamePrefix" in ended.error["message"]

    def test_a_failure_half_way_says_so_and_where(self, lab):
        settings = {"maxRowsPerFile": 1_000, "fileNamePrefix": "part"}
        ended = lab.copy(
            "select 1 / (5000 - g) as n from generate_series(1, 9000) g",
            {"formatSettings": settings},
            file="",
        )
        assert (
            "division by zero" in ended.error["message"] and "linked service 'db'" in ended.error["message"]
        )
