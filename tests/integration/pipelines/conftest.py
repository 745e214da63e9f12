"""A bench for the declared pipelines: a real PostgreSQL with the real ledger, and the laptop's Data Factory.

The merge job alone is scripted: it reads the plan that it is handed and leaves the receipts it is told to.
What it does with rows is tested where Spark is.
"""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pyarrow.parquet as parquet
import pytest

from contracts import load_all
from local.adf import Factory, JobResult, Runtime
from local.declare import resources
from sql import ddl, ledger

ADF = "azure-native:datafactory:"


@dataclass
class ScriptedJob:
    """Stands where Databricks is: merges, fails for some tables, or dies before any receipt."""

    lake: Path
    failing: tuple[str, ...] = ()
    dies: bool = False
    plans: list[list[dict]] = field(default_factory=list)

    def run(self, job_id, parameters, on_line, *, timeout, cancel) -> JobResult:
        plan = parquet.read_table(self.lake / "landing" / parameters["plan_path"]).to_pylist()
        self.plans.append(plan)
        if self.dies:
            return JobResult("1", "", "FAILED", "the cluster is gone")
        for table in sorted({row["table_name"] for row in plan}):
            self._receipt(parameters["run_id"], table, [row for row in plan if row["table_name"] == table])
        return JobResult(
            "1", "", "FAILED" if self.failing else "SUCCESS", "tables failed" if self.failing else ""
        )

    def _receipt(self, run: str, table: str, rows: list[dict]) -> None:
        landed = sum(
            parquet.read_table(path).num_rows
            for row in rows
            for path in (self.lake / "landing" / row["path"]).glob("*.parquet")
        )
        receipt = {
            "run_id": run, "batch_id": rows[0]["batch_id"], "table_name": table,
            "status": "failed" if table in self.failing else "merged",
            "windows": [{"window_id": row["window_id"], "attempt": row["attempt"]} for row in rows
                        if "keys" not in row],  # a release claims none
            "landed": landed, "duplicates": 0, "superseded": 0, "quarantined": 0, "inserted": landed,
            "updated": 0, "deleted": 0, "seconds": 0.5, "versions": {"silver": 1, "gold": 1},
            "error": f"{table}'s merge failed" if table in self.failing else None,
        }  # fmt: skip
        folder = self.lake / "landing" / "_receipts" / run / table
        folder.mkdir(parents=True)
        (folder / f"part-{uuid.uuid4()}.json").write_text(json.dumps(receipt) + "\n")
        (folder / "_SUCCESS").touch()


@dataclass
class Bench:
    """Two databases, a lake, and the declared factory over them."""

    control: str
    source: str
    lake: Path
    job: ScriptedJob
    runtime: Runtime

    def ask(self, query: str, database: str = "control") -> list[tuple]:
        with psycopg.connect(self.control if database == "control" else self.source) as connection:
            return connection.execute(query).fetchall()

    def tell(self, statement: str, database: str = "source") -> None:
        with psycopg.connect(self.control if database == "control" else self.source) as connection:
            connection.execute(statement)

    def landed(self, table: str) -> int:
        """Rows in all files that the ledger counts for a table."""
        return self.ask(
            f"select coalesce(sum(rows), 0)::int from control.ledger where table_name = '{table}'"
        )[0][0]


@pytest.fixture(scope="module")
def definitions() -> list[dict]:
    return resources("local")


def _factory(definitions: list[dict], host: str, databases: dict[str, str], lake: Path) -> Factory:
    def inputs(kind: str) -> list[dict]:
        return [r["inputs"] for r in definitions if r["type"] == kind]

    services = {s["linkedServiceName"]: s["properties"] for s in inputs(f"{ADF}LinkedService")}
    services["lake"] = services["lake"] | {"url": f"file://{lake}/"}
    for generic in inputs("azure-native:resources:Resource"):
        name, given = generic["resourceName"], generic["properties"]
        reached = given["typeProperties"] | {"server": host, "database": databases[name]}
        services[name] = given | {"typeProperties": reached}
    return Factory(
        pipelines={p["pipelineName"]: p for p in inputs(f"{ADF}Pipeline")},
        datasets={d["datasetName"]: d["properties"] for d in inputs(f"{ADF}Dataset")},
        linked_services=services,
    )


@pytest.fixture
def bench(postgres_server, definitions, tmp_path: Path):
    mark = uuid.uuid4().hex[:8]
    names = {"control": f"control_{mark}", "source": f"source_{mark}"}
    for name in names.values():
        postgres_server.create_database(name)
    control, source = (postgres_server.conninfo(names[key]) for key in ("control", "source"))
    tables = load_all()
    texts = [ledger.factory_role(), *(text for _, text in ledger.scripts())]
    texts += [ledger.contract_row(c) for c in tables]
    texts.append("update control.setting set value = 0.05 where name = 'margin_seconds'")
    _apply(control, texts)
    _apply(source, [ddl.roles(), *(ddl.create_table(c) + ddl.grants(c) for c in tables)])
    lake = tmp_path / "lake"
    (lake / "landing").mkdir(parents=True)
    job = ScriptedJob(lake)
    factory = _factory(definitions, str(postgres_server.socket_dir), names, lake)
    yield Bench(control, source, lake, job, Runtime(factory, tmp_path / "runs", jobs=job))
    for name in names.values():
        postgres_server.drop_database(name)


def _apply(conninfo: str, texts: list[str]) -> None:
    with psycopg.connect(conninfo) as connection:
        for text in texts:
            connection.execute(text)
