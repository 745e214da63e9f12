"""`highwater adf run` on five pipelines of different kinds, as real factories export them.

Each is in a folder of tests/data/adf/pipelines, with its linked services, its data, and the record that its run
must have. What differs from run to run (ids, times, sizes in bytes) is left out of the comparison, no more.
"""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from local.adf.exports.running import run
from local.adf.history import RunNode
from local.cli import app
from local.errors import HighwaterError

pytestmark = pytest.mark.postgres

CASES = Path(__file__).parents[2] / "data" / "adf" / "pipelines"
VARYING = {
    "activity_run_id", "run_id", "start", "end", "seconds", "group", "pipelineRunId", "copyDuration", "throughput",
    "executionDetails", "dataRead", "dataWritten", "executionDuration", "ADFWebActivityResponseHeaders",
    "activity_runs", "url", "service",
}  # fmt: skip


def stable(value: object) -> object:
    """A record without what varies; runs inside loops that are not sequential in the order of their places."""
    if isinstance(value, list):
        return [stable(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: stable(one) for key, one in value.items() if key not in VARYING}
    if "activities" in value:
        kept["activities"] = sorted(kept["activities"], key=lambda one: (one["path"], one["attempt"]))
    return kept


class Case:
    """One of the pipelines, in a folder of its own."""

    def __init__(self, name: str, folder: Path):
        self.source, self.folder = CASES / name, folder / name
        shutil.copytree(self.source, self.folder)

    def run(self, what: str = "", **parameters: object) -> RunNode:
        linked = self.folder / "linked.yaml"
        return run(
            self.folder / what,
            linked if linked.exists() else None,
            None,
            parameters,
            None,
            sleep=lambda *_: None,
        )

    def check(self, node: RunNode) -> None:
        """Compare the record with the one that is expected."""
        found = json.loads(json.dumps(stable(node.as_dict())).replace(str(self.folder), "FOLDER"))
        assert found == json.loads((self.source / "expected.json").read_text())

    def rows(self, path: str) -> list[dict]:
        return pq.read_table(self.folder / "lake" / path).to_pylist()


@pytest.fixture
def case(tmp_path, monkeypatch):
    monkeypatch.setenv("HIGHWATER_STATE", str(tmp_path / "state"))
    return lambda name: Case(name, tmp_path)


@pytest.fixture
def sales(database, monkeypatch):
    """Fills the fresh database from a case, and tells where it is in the variables of linked.yaml."""
    monkeypatch.setenv("SALES_HOST", database.host)
    monkeypatch.setenv("SALES_DATABASE", database.name)

    def fill(made: Case) -> psycopg.Connection:
        connection = psycopg.connect(database.conninfo(), autocommit=True)
        connection.execute((made.folder / "source.sql").read_bytes())
        return connection

    return fill


def test_a_copy_driven_by_a_control_table_in_a_git_folder(case, sales):
    made = case("metadata_driven_copy")
    (made.folder / "lake/raw").mkdir(parents=True)
    sales(made).close()
    made.check(made.run("pipeline/CopyTables.json"))
    assert made.rows("raw/sales/customers/customers.parquet") == [
        {"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}, {"id": 3, "name": None},
    ]  # fmt: skip
    assert [row["id"] for row in made.rows("raw/sales/orders/orders.parquet")] == [2, 3]


def test_an_incremental_copy_by_a_watermark_from_an_arm_template(case, sales):
    made = case("incremental_watermark")
    (made.folder / "lake/raw").mkdir(parents=True)
    with sales(made) as connection:
        made.check(made.run("ARMTemplateForFactory.json"))
        assert connection.execute("select value from etl.watermark").fetchone() == ("2024-01-03 11:30:00",)
        assert [row["id"] for row in made.rows("raw/bronze/2024/01/03/orders.parquet")] == [2, 3]
        again = made.run()
        assert again.run.activity("Copy changes").output["rowsCopied"] == 0


def test_files_of_a_folder_from_csv_to_parquet(case):
    made = case("file_ingest")
    made.check(made.run())
    assert [row["name"] for row in made.rows("staged/csv/2024-01.parquet")] == ["Ada", "Hopper; Grace"]
    assert sorted(path.name for path in (made.folder / "lake/staged/csv").iterdir()) == [
        "2024-01.parquet", "2024-02.parquet",
    ]  # fmt: skip


class Reports(BaseHTTPRequestHandler):
    """A service that takes two looks to make a report."""

    looks = 0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"id": f"r-{asked['day']}"})

    def do_GET(self) -> None:
        if self.path.endswith("/content"):
            return self.answer({"rows": 3})
        Reports.looks += 1
        self.answer({"state": "done" if Reports.looks > 2 else "running"})

    def answer(self, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *given: object) -> None:
        pass


def test_polling_a_service_until_it_is_done(case):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Reports)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        made = case("until_polling")
        made.check(made.run("WaitForReport.json", service=f"http://127.0.0.1:{server.server_port}"))
    finally:
        server.shutdown()
        server.server_close()
    assert Reports.looks == 3


def test_a_failure_is_cleaned_up_after_and_told(case):
    made = case("cleanup_on_failure")
    node = made.run(day="2024-01-31")
    made.check(node)
    assert (
        node.run.status == "Failed" and node.run.activity("Say why").error["errorCode"] == "DeliveryMissing"
    )
    assert list((made.folder / "lake/raw/staging").iterdir()) == []


class TestCommand:
    """The command itself: what it prints, and what it refuses."""

    def invoke(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, ["adf", "run", *arguments])
        if isinstance(result.exception, HighwaterError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def test_the_record_is_printed_as_json_or_as_a_tree(self, case):
        made = case("file_ingest")
        arguments = (str(made.folder), "--linked", str(made.folder / "linked.yaml"))
        made_json = json.loads(self.invoke(*arguments, "--json"))
        assert stable(made_json) == json.loads((made.source / "expected.json").read_text())
        assert "✓ To Parquet" in self.invoke(*arguments)

    def test_a_linked_service_without_a_mapping_is_named_with_what_to_write(self, case):
        made = case("metadata_driven_copy")
        with pytest.raises(HighwaterError) as refused:
            self.invoke(str(made.folder))
        assert "Sales (AzurePostgreSql), Lake (AzureBlobFS)" in str(refused.value)
        assert "Sales: {postgresql: {host: localhost" in str(refused.value)
        assert "Lake: {folder: PATH}" in str(refused.value) and "Vault" not in str(refused.value)
