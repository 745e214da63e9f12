"""Lookup, Script and Copy on a real PostgreSQL.

https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity
https://learn.microsoft.com/azure/data-factory/transform-data-using-script
https://learn.microsoft.com/azure/data-factory/copy-activity-overview
"""

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from local.adf import ActivityRun, Factory, Runtime
from local.postgres import PostgresServer

pytestmark = pytest.mark.postgres

BUSY = "select count(*) from pg_stat_activity where query like %s and pid <> pg_backend_pid()"

DATASETS = {
    "query": {"type": "AzurePostgreSqlTable", "linkedServiceName": {"referenceName": "db"}},
    "file": {
        "type": "Parquet",
        "linkedServiceName": {"referenceName": "lake"},
        "compressionCodec": "snappy",
        "location": {
            "type": "AzureBlobFSLocation",
            "fileSystem": "landing",
            "folderPath": "t/1/1",
            "fileName": "t.parquet",
        },
    },
}  # fmt: skip


class Lab:
    """Runs one activity against a database and a lake of its own."""

    def __init__(self, host: str, name: str, folder: Path):
        self.folder = folder
        (folder / "landing").mkdir()
        self.target = folder / "landing/t/1/1/t.parquet"
        properties = {"server": host, "port": 5432, "database": name, "username": "postgres", "sslMode": 0}
        self.services = {
            "db": {"type": "AzurePostgreSql", "version": "2.0", "typeProperties": properties},
            "lake": {"type": "AzureBlobFS", "url": folder.as_uri() + "/"},
        }

    def run(self, activity: dict, **options: object) -> ActivityRun:
        factory = Factory({"main": {"activities": [activity]}}, DATASETS, self.services)
        return Runtime(factory, self.folder / "runs", **options).run("main").activities[-1]

    def lookup(self, query: str, first: bool = False, **more: object) -> ActivityRun:
        source = {"type": "AzurePostgreSqlSource", "query": query}
        reference = {"referenceName": "query"}
        return self.run(
            {
                "name": "L",
                "type": "Lookup",
                "dataset": reference,
                "source": source,
                "firstRowOnly": first,
                **more,
            }
        )

    def script(self, *blocks: tuple[str, str]) -> ActivityRun:
        scripts = [{"type": kind, "text": text} for kind, text in blocks]
        service = {"referenceName": "db"}
        return self.run({"name": "S", "type": "Script", "linkedServiceName": service, "scripts": scripts})

    def copy(self, query: str, policy: dict | None = None, **options: object) -> ActivityRun:
        activity = {
            "name": "C",
            "type": "Copy",
            "inputs": [{"referenceName": "query"}],
            "outputs": [{"referenceName": "file"}],
            "source": {"type": "AzurePostgreSqlSource", "query": query},
            "sink": {"type": "ParquetSink"},
            "validateDataConsistency": True,
            "policy": policy or {},
        }
        return self.run(activity, **options)


@pytest.fixture
def lab(database, tmp_path) -> Lab:
    return Lab(database.host, database.name, tmp_path)


class TestLookup:
    def test_values_as_the_output_has_them(self, lab):
        query = """
            select 9007199254740993 as big, 1.50::numeric(10,2) as exact, true as flag, null as nothing,
                timestamp '2024-01-31 10:15:30.000001' as plain,
                timestamptz '2024-01-31 10:15:30+02' as zoned,
                date '2024-02-29' as day, '{"a": 1}'::jsonb as doc, 'é😀' as words,
                current_setting('TimeZone') as zone"""
        assert lab.lookup(query, first=True).output == {
            "firstRow": {
                "big": 9007199254740993,
                "exact": 1.5,
                "flag": True,
                "nothing": None,
                "plain": "2024-01-31T10:15:30.000001Z",
                "zoned": "2024-01-31T08:15:30Z",
                "day": "2024-02-29T00:00:00Z",
                "doc": '{"a": 1}',
                "words": "é😀",
                "zone": "UTC",
            }
        }

    def test_no_row_gives_no_first_row(self, lab):
        assert lab.lookup("select 1 as x where false", first=True).output == {}
        assert lab.lookup("select 1 as x where false").output == {"count": 0, "value": []}

    def test_gives_5000_rows_and_warns_of_the_others(self, lab):
        ended = lab.lookup("select g as id from generate_series(1, 5001) g")
        assert ended.output["count"] == 5000 and ended.output["value"][-1] == {"id": 5000}
        assert "found 5,001 rows and gives the first 5,000" in ended.warnings[0]
        assert lab.lookup("select g as id from generate_series(1, 5000) g").warnings == []

    def test_more_than_4_mb_fail(self, lab):
        assert lab.lookup("select repeat('x', 4000000) as x").status == "Succeeded"
        failed = lab.lookup("select repeat('x', 4200000) as x")
        assert "returns more than 4 MB" in failed.error["message"]

    def test_what_a_function_does_is_committed(self, lab, database):
        with psycopg.connect(database.conninfo(), autocommit=True) as connection:
            connection.execute("create table seen (n int)")
            connection.execute(
                "create function note() returns table (n int) language sql as"
                " 'insert into seen select generate_series(1, 3) returning n'"
            )
            assert lab.lookup("select n from note()", first=True).output == {"firstRow": {"n": 1}}
            assert connection.execute("select count(*) from seen").fetchone() == (3,)

    def test_the_server_s_words_and_place_are_in_the_error(self, lab):
        message = lab.lookup("select nothing from nowhere").error["message"]
        assert 'relation "nowhere" does not exist' in message and "Sqlstate=42P01" in message
        assert "linked service 'db'" in message

    def test_a_statement_without_result_fails(self, lab):
        assert "gives no result set" in lab.lookup("create table t (n int)").error["message"]

    def test_a_server_elsewhere_is_refused(self, lab):
        lab.services["db"]["typeProperties"]["server"] = "db.postgres.database.azure.com"
        assert "on this machine alone" in lab.lookup("select 1").error["message"]

    def test_a_time_limit_ends_the_statement_on_the_server(self, lab, database):
        start = time.monotonic()
        ended = lab.lookup("select pg_sleep(60)", policy={"timeout": "0.00:00:01"})
        assert ended.error["errorCode"] == "Timeout" and time.monotonic() - start < 20
        with psycopg.connect(database.conninfo()) as connection:
            assert connection.execute(BUSY, ["%pg_sleep(60)%"]).fetchone() == (0,)


class TestScript:
    def test_blocks_run_in_order_and_all_results_are_there(self, lab):
        ended = lab.script(
            ("NonQuery", "create table t (n int); insert into t select generate_series(1, 5)"),
            ("Query", "select count(*) as c from t; select max(n) as m from t"),
            ("NonQuery", "update t set n = n + 1 where n > 2"),
        )
        assert ended.output["resultSetCount"] == 2 and ended.output["recordsAffected"] == 8
        assert ended.output["resultSets"] == [
            {"rowCount": 1, "rows": [{"c": 5}]},
            {"rowCount": 1, "rows": [{"m": 5}]},
        ]

    def test_a_failure_leaves_what_was_committed(self, lab, database):
        ended = lab.script(("NonQuery", "create table kept (n int)"), ("Query", "select 1 / 0"))
        assert "division by zero" in ended.error["message"]
        with psycopg.connect(database.conninfo()) as connection:
            assert connection.execute("select to_regclass('kept') is not null").fetchone() == (True,)

    def test_output_is_cut_loudly(self, lab):
        ended = lab.script(("Query", "select g from generate_series(1, 5001) g"))
        assert ended.output["outputTruncated"] is True and len(ended.output["resultSets"][0]["rows"]) == 5000
        assert "returned 5,001 rows and its output has the first 5,000" in ended.warnings[0]
        ended = lab.script(("Query", "select repeat('x', 1000000) as x from generate_series(1, 3)"))
        assert len(ended.output["resultSets"][0]["rows"]) == 2 and ended.output["outputTruncated"] is True


class TestCopy:
    QUERY = """
        select 1::smallint as s, 2::int as i, 9007199254740993::bigint as b, 'it''s é😀'::text as t,
            true as f,
            99999999999999999999999999999999.123456::numeric(38,6) as n, '-0.05'::numeric(4,2) as m,
            timestamp '2024-01-31 23:59:59.999999' as ts,
            timestamptz '2024-01-31 23:59:59.999999+05:30' as tz,
            date '2024-02-29' as d, 0.1::float8 as x, null::text as nothing
        -- a comment at the end"""

    def test_every_value_and_type_is_exact(self, lab):
        ended = lab.copy(self.QUERY)
        assert ended.status == "Succeeded", ended.error
        table = pq.read_table(lab.target)
        assert {field.name: str(field.type) for field in table.schema} == {
            "s": "int16", "i": "int32", "b": "int64", "t": "string", "f": "bool", "n": "decimal128(38, 6)",
            "m": "decimal128(4, 2)", "ts": "timestamp[us]", "tz": "timestamp[us, tz=UTC]", "d": "date32[day]",
            "x": "double", "nothing": "string",
        }  # fmt: skip
        (row,) = table.to_pylist()
        assert row == {
            "s": 1, "i": 2, "b": 9007199254740993, "t": "it's é😀", "f": True,
            "n": Decimal("99999999999999999999999999999999.123456"), "m": Decimal("-0.05"),
            "ts": dt.datetime(2024, 1, 31, 23, 59, 59, 999999),
            "tz": dt.datetime(2024, 1, 31, 18, 29, 59, 999999, tzinfo=dt.UTC),
            "d": dt.date(2024, 2, 29), "x": 0.1, "nothing": None,
        }  # fmt: skip

    def test_the_output_s_figures_are_those_of_the_file(self, lab):
        output = lab.copy("select g as id, md5(g::text) as h from generate_series(1, 300000) g").output
        assert output["rowsRead"] == output["rowsCopied"] == pq.read_metadata(lab.target).num_rows == 300_000
        assert output["dataWritten"] == lab.target.stat().st_size and output["filesWritten"] == 1
        assert output["dataConsistencyVerification"] == {
            "VerificationResult": "Verified",
            "InconsistentData": "None",
        }
        assert output["copyDuration"] >= 1 and output["throughput"] > 0

    def test_no_rows_give_a_valid_file_with_the_columns(self, lab):
        output = lab.copy("select 1 as a, 2.5::numeric(10,2) as b where false").output
        assert output["rowsCopied"] == 0
        assert [str(field.type) for field in pq.read_schema(lab.target)] == ["int32", "decimal128(10, 2)"]

    def test_a_repeated_copy_overwrites_its_file(self, lab):
        lab.copy("select generate_series(1, 9) as n")
        lab.copy("select 5 as n")
        assert pq.read_table(lab.target).to_pylist() == [{"n": 5}]
        assert [file.name for file in lab.target.parent.iterdir()] == ["t.parquet"]

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("select 1.5::numeric as n", "'n' is a numeric with no precision"),
            ("select 1::numeric(40,2) as n", "'n' is a numeric with precision 40 and scale 2"),
            ("select 'NaN'::numeric(10,2) as fare", "the column fare holds NaN"),
            ("select 'infinity'::timestamp as at", "the column at holds infinity"),
            ("select '-infinity'::date as day", "the column day holds -infinity"),
            ("select 1 as a, 2 as a", "two columns named 'a'"),
            ('select 1 as "a b"', "'a b' has white space in its name"),
            ("update pg_class set relname = relname", "gives no columns"),
            ("select 1 / (g - 500) as x from generate_series(1, 100000) g", "division by zero"),
            ("select 1; select 2", "cannot insert multiple commands"),
        ],
    )
    def test_what_would_change_on_the_way_is_refused(self, lab, query, said):
        ended = lab.copy(query)
        assert ended.status == "Failed" and said in ended.error["message"], ended.error

    def test_types_without_a_place_in_parquet_are_written_as_text_and_said(self, lab):
        ended = lab.copy(
            "select '0d0f9d5e-0000-4000-8000-000000000001'::uuid as u, interval '1 day' as i, 7 as n"
        )
        assert ended.warnings == ["Written as text, for Parquet has no type for them: u, i."]
        assert pq.read_table(lab.target).to_pylist() == [
            {"u": "0d0f9d5e-0000-4000-8000-000000000001", "i": "1 day", "n": 7}
        ]

    def test_the_hook_is_called_while_the_file_is_half_written(self, lab):
        steps = []

        def step(name: str) -> None:
            steps.append((name, lab.target.stat().st_size if lab.target.exists() else None))

        lab.copy("select g as id, md5(g::text) as h from generate_series(1, 500000) g", on_step=step)
        assert steps[:2] == [("main/C:before", None), ("main/C:progress", 4)]
        assert steps[-1] == ("main/C:after", lab.target.stat().st_size)

    def test_a_dead_attempt_leaves_its_half_file_under_the_final_name(self, lab):
        def step(name: str) -> None:
            if name.endswith(":progress"):
                raise RuntimeError("the machine stops here")

        with pytest.raises(RuntimeError, match="the machine stops here"):
            lab.copy("select g as id from generate_series(1, 100) g", on_step=step)
        assert lab.target.read_bytes() == b"PAR1"
        assert lab.copy("select g as id from generate_series(1, 100) g").output["rowsCopied"] == 100

    def test_a_full_disk_is_told(self, lab):
        lab.target.parent.mkdir(parents=True)
        lab.target.symlink_to("/dev/full")
        message = lab.copy("select 1 as n").error["message"]
        assert str(lab.target) in message and "No space left on device" in message

    def test_a_time_limit_ends_the_query_on_the_server(self, lab, database):
        start = time.monotonic()
        ended = lab.copy("select pg_sleep(61)::text as x", policy={"timeout": "0.00:00:01"})
        assert ended.error["errorCode"] == "Timeout" and time.monotonic() - start < 30
        with psycopg.connect(database.conninfo()) as connection:
            assert connection.execute(BUSY, ["%pg_sleep(61)%"]).fetchone() == (0,)


def test_a_server_that_goes_away_fails_the_copy_and_says_so(tmp_path):
    server = PostgresServer(tmp_path / "server")
    server.ensure_running()
    try:
        server.create_database("gone")
        lab = Lab(str(server.socket_dir), "gone", tmp_path)
        query = (
            "select g as id, md5(g::text) as h, pg_sleep(case when g > 400000 then 1 else 0 end)::text as s"
        )

        def step(name: str) -> None:
            if name.endswith(":progress") and lab.target.stat().st_size > 1_000_000:
                server.stop("immediate")

        ended = lab.copy(f"{query} from generate_series(1, 500000) g", on_step=step)
        assert ended.status == "Failed" and str(lab.target) in ended.error["message"]
        assert "terminat" in ended.error["message"] or "closed" in ended.error["message"], ended.error
        assert lab.target.stat().st_size > 1_000_000  # half a file, under its final name
        down = lab.lookup("select 1")
        assert "PostgreSQL, database 'gone' of the linked service 'db'" in down.error["message"]
    finally:
        server.destroy()
