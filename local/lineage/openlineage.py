"""OpenLineage events of the runs that move rows, one JSON object a line in <state>/lineage/openlineage.jsonl.

Version 2-0-2 of the specification (https://openlineage.io/spec/2-0-2/OpenLineage.json). A pipeline run is a run of
its own, from its START to COMPLETE or FAIL; each table in it is a run with the pipeline's as parent, its source
table as input and its gold tables as outputs, with their schema, column lineage and rows.
"""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from contracts import Contract, load_all
from local.adf.runtime.events import Event
from local.errors import HighwaterError
from local.lineage.columns import DIRECT, Served, served_columns
from local.stack import LocalStack

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER = "https://github.com/highwater/highwater"
NAMESPACE = "highwater"
_FACETS = "https://openlineage.io/spec/facets/"
# Facet: the version of its schema, and the schema's name.
_VERSIONS = {
    "schema": ("1-2-0", "SchemaDatasetFacet"),
    "columnLineage": ("1-2-0", "ColumnLineageDatasetFacet"),
    "parent": ("1-2-0", "ParentRunFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
}
_ENDS = {"Succeeded": "COMPLETE", "Failed": "FAIL", "Cancelled": "ABORT"}


def facet(name: str, **content: object) -> dict:
    """One facet under its name, with its producer and schema."""
    version, kind = _VERSIONS[name]
    url = f"{_FACETS}{version}/{kind}.json#/$defs/{kind}"
    return {name: {"_producer": PRODUCER, "_schemaURL": url, **content}}


def run_event(
    kind: str, at: str, run: str, job: str, facets: Mapping | None = None, **datasets: list
) -> dict:
    """A RunEvent. `run` is a UUID, `job` a name in the namespace, `datasets` are inputs and outputs."""
    about = facet("jobType", processingType="BATCH", integration="HIGHWATER", jobType="PIPELINE")
    return {
        "eventType": kind,
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": {"runId": run, "facets": dict(facets or {})},
        "job": {"namespace": NAMESPACE, "name": job, "facets": about},
        "inputs": datasets.get("inputs", []),
        "outputs": datasets.get("outputs", []),
    }


class Datasets:
    """The datasets of every contract under the names of one stack: source tables and the Delta tables of gold."""

    def __init__(self, contracts: tuple[Contract, ...], source: str, lake: Path):
        """`source` is the namespace of the source database, as postgres://host:port; `lake` the lake's folder."""
        self._contracts = {c.table: c for c in contracts}
        self._source, self._lake = source, lake
        self._served: dict[tuple[str, str], list[Served]] = {}
        for column in served_columns(contracts):
            self._served.setdefault((column.contract, column.view), []).append(column)

    def input(self, table: str) -> dict:
        """A contract's table at the source, with its schema."""
        fields = [{"name": c.name, "type": c.parsed.postgres} for c in self._contracts[table].columns]
        return self._named(table) | {"facets": facet("schema", fields=fields)}

    def outputs(self, table: str, rows: int | None) -> list[dict]:
        """The gold tables of a contract: schema and column lineage; `rows` were written to the table itself."""
        found = []
        for (contract, view), columns in self._served.items():
            schema, name = view.split(".")
            if contract != table or name.endswith("_changes"):
                continue
            folder = self._lake / ("gold" if schema == "mart" else schema) / name
            facets = facet("schema", fields=[self._field(c) for c in columns]) | facet(
                "columnLineage", fields={c.column: {"inputFields": self._inputs(c)} for c in columns}
            )
            dataset = {"namespace": "file", "name": str(folder), "facets": facets}
            if rows is not None and name == self._contracts[table].gold.table:
                dataset["outputFacets"] = facet("outputStatistics", rowCount=rows)
            found.append(dataset)
        return found

    def _named(self, table: str) -> dict:
        at = self._contracts[table].source
        return {"namespace": self._source, "name": f"source.{at.schema_name}.{at.table}"}

    def _field(self, column: Served) -> dict:
        told = {"description": column.description} if column.description else {}
        return {"name": column.column, "type": column.type} | told

    def _inputs(self, column: Served) -> list[dict]:
        return [
            self._named(i.table)
            | {
                "field": i.column,
                "transformations": [
                    {"type": "DIRECT" if i.part in DIRECT else "INDIRECT", "subtype": i.part}
                ],
            }
            for i in sorted(column.origin.inputs)
        ]


class LineageLog:
    """A listener of the runtime that appends the events of `ingest` and `reload` runs to the stack's file.

    A failure to write is told to `warn` and fails no run. `report` gives the ledger's rows of a run.
    """

    def __init__(self, stack: LocalStack, report: Callable[[str], list[dict]], warn: Callable[[str], None]):
        self.path = stack.state.root / "lineage" / "openlineage.jsonl"
        self._stack, self._report, self._warn = stack, report, warn
        self._lock = threading.Lock()
        self._began: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        if event.depth != 0 or event.kind not in ("pipeline_started", "pipeline_ended"):
            return
        at = datetime.now(UTC).isoformat()
        try:
            if event.kind == "pipeline_started":
                self._began[event.run_id] = at
                self._append([run_event("START", at, event.run_id, event.pipeline)])
            elif event.run_id in self._began:
                self._append(self._ended(event, self._began.pop(event.run_id), at))
        except (OSError, psycopg.Error, HighwaterError) as error:
            self._warn(f"the lineage of run {event.run_id} is not written: {error}")

    def _ended(self, event: Event, began: str, at: str) -> list[dict]:
        tables = self._report(event.run_id)
        events = []
        if tables:
            datasets = self._datasets()
            for row in tables:
                events += self._of_table(event, row, datasets, began, at)
        said = facet("errorMessage", message=event.message or "failed", programmingLanguage="ADF")
        failed = event.status != "Succeeded"
        kind = _ENDS.get(event.status, "FAIL")
        return [*events, run_event(kind, at, event.run_id, event.pipeline, said if failed else None)]

    def _datasets(self) -> Datasets:
        server = self._stack.server()
        lake = self._stack.container("gold").parent
        return Datasets(load_all(), f"postgres://{server.root.name}", lake)

    def _of_table(self, event: Event, row: dict, datasets: Datasets, began: str, at: str) -> list[dict]:
        table = row["table_name"]
        run, job = str(uuid.uuid5(uuid.UUID(event.run_id), table)), f"{event.pipeline}.{table}"
        parent = facet(
            "parent", run={"runId": event.run_id}, job={"namespace": NAMESPACE, "name": event.pipeline}
        )
        failed = row["status"] == "failed"
        rows = None if row["landed"] is None else (row["inserted"] or 0) + (row["updated"] or 0)
        given = {"inputs": [datasets.input(table)], "outputs": datasets.outputs(table, rows)}
        said = facet("errorMessage", message=row["error"], programmingLanguage="ADF") if failed else {}
        return [
            run_event("START", began, run, job, parent, **given),
            run_event("FAIL" if failed else "COMPLETE", at, run, job, parent | said, **given),
        ]

    def _append(self, events: list[dict]) -> None:
        """All of them in one write, so that lines of two processes do not mix."""
        lines = "".join(json.dumps(event, ensure_ascii=False, default=str) + "\n" for event in events)
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(lines)
