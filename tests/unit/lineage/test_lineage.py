"""Where served columns come from, the pages that tell it, and the events of runs."""

import json
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from contracts import load_all, load_file
from local.adf.runtime.events import Event
from local.errors import HighwaterError
from local.lineage.columns import served_columns
from local.lineage.docs import pages
from local.lineage.openlineage import SPEC, LineageLog
from local.state import PROJECT
from sql import serving

SALE = {
    "table": "sale",
    "description": "Sales.",
    "owner": "shop",
    "source": {"schema": "shop", "table": "sale"},
    "columns": [
        {"name": "sale_id", "type": "bigint", "nullable": False},
        {"name": "net", "type": "decimal(10,2)"},
        {"name": "tax", "type": "decimal(10,2)"},
        {"name": "city", "type": "varchar(20)"},
        {"name": "card", "type": "varchar(20)", "sensitive": True},
        {"name": "sold_at", "type": "timestamp", "nullable": False},
    ],
    "primary_key": ["sale_id"],
    "mode": "upsert",
    "cursor": {"column": "sold_at", "kind": "timestamp"},
    "freshness": "1h",
    "gold": {
        "table": "fact_sale",
        "role": "fact",
        "derived": [
            {"name": "gross", "type": "decimal(11,2)", "expression": "net + coalesce(tax, 0)"},
            {"name": "share", "type": "double", "expression": "net / tax"},
        ],
        "aggregates": [
            {
                "table": "agg_city",
                "where": "net > 0",
                "group_by": [{"name": "town", "type": "varchar(20)", "expression": "city"}],
                "measures": [
                    {"name": "sales", "type": "bigint", "expression": "count(*)"},
                    {"name": "taken", "type": "decimal(18,2)", "expression": "sum(gross)"},
                ],
            }
        ],
    },
}


def contract_of(tmp_path: Path, raw: dict):
    path = tmp_path / f"{raw['table']}.yaml"
    path.write_text(yaml.safe_dump(raw))
    return load_file(path)


@pytest.fixture
def origins(tmp_path):
    """(view, column) -> {(source column, part)} of SALE."""
    return {
        (c.view, c.column): {(i.column, i.part) for i in c.origin.inputs}
        for c in served_columns([contract_of(tmp_path, SALE)])
    }


def test_each_served_column_is_followed_to_the_source(origins):
    assert origins["mart.fact_sale", "net"] == {("net", "IDENTITY")}
    assert origins["mart.fact_sale", "gross"] == {("net", "TRANSFORMATION"), ("tax", "TRANSFORMATION")}
    assert origins["mart.fact_sale", "share"] == {("net", "TRANSFORMATION"), ("tax", "TRANSFORMATION")}
    assert origins["mart.fact_sale", "batch_id"] == set()
    assert origins["mart.agg_city", "town"] == {("city", "IDENTITY"), ("net", "FILTER")}
    assert origins["mart.agg_city", "sales"] == {("city", "GROUP_BY"), ("net", "FILTER")}
    assert origins["mart.agg_city", "taken"] == {
        ("net", "AGGREGATION"), ("tax", "AGGREGATION"), ("city", "GROUP_BY"), ("net", "FILTER"),
    }  # fmt: skip


def test_a_restricted_column_reaches_the_restricted_view_alone(origins):
    assert {view for (view, _), inputs in origins.items() if ("card", "IDENTITY") in inputs} == {
        "restricted.fact_sale"
    }


def test_every_column_of_every_view_has_an_origin():
    found = served_columns(load_all())
    views = [v for c in load_all() for v in serving.views(c)]
    assert [(f"{v.schema}.{v.name}", c) for v in views for c in v.served] == [
        (c.view, c.column) for c in found
    ]
    assert [c for c in found if not c.origin.how] == []


def test_a_column_that_nothing_provides_is_named(tmp_path, monkeypatch):
    contract = contract_of(tmp_path, SALE)
    monkeypatch.setattr(serving.View, "script", lambda self: "CREATE VIEW a.b AS SELECT x.nothing FROM x")
    with pytest.raises(HighwaterError, match="nothing provides nothing"):
        served_columns([contract])


@pytest.mark.parametrize("name", ["dictionary.md", "lineage.md"])
def test_the_pages_are_fresh(name):
    written = (PROJECT / "docs" / name).read_text(encoding="utf-8")
    assert written == pages(load_all())[name], "run `make docs`"


def ran(tmp_path: Path, rows: list[dict], status: str, message: str = "") -> list[dict]:
    """The events of one run of `ingest` whose ledger tells `rows`."""
    lake = tmp_path / "lake"
    stack = SimpleNamespace(
        state=SimpleNamespace(root=tmp_path),
        server=lambda: SimpleNamespace(root=Path("/x/server-1")),
        container=lambda name: lake / name,
    )
    warnings: list[str] = []
    log = LineageLog(stack, lambda run: rows, warnings.append)
    run = str(uuid.uuid4())
    for kind, depth in (
        ("pipeline_started", 0),
        ("pipeline_started", 1),
        ("activity_ended", 0),
        ("pipeline_ended", 0),
    ):
        log(Event(kind, run, "ingest", depth, "k", "ingest", "Pipeline", status=status, message=message))
    assert warnings == []
    return [json.loads(line) for line in log.path.read_text().splitlines()]


ZONE = {
    "table_name": "zone",
    "status": "succeeded",
    "landed": 265,
    "inserted": 3,
    "updated": 2,
    "error": None,
}


def test_a_run_leaves_its_events_by_the_specification(tmp_path):
    events = ran(tmp_path, [ZONE], "Succeeded")
    assert [(e["eventType"], e["job"]["name"]) for e in events] == [
        ("START", "ingest"), ("START", "ingest.zone"), ("COMPLETE", "ingest.zone"), ("COMPLETE", "ingest"),
    ]  # fmt: skip
    whole, table = events[0]["run"]["runId"], events[2]
    assert table["run"]["runId"] != whole and events[1]["run"]["runId"] == table["run"]["runId"]
    assert table["run"]["facets"]["parent"]["run"]["runId"] == whole
    for event in events:
        assert event["schemaURL"] == SPEC and uuid.UUID(event["run"]["runId"])
        assert {"eventType", "eventTime", "producer", "run", "job", "inputs", "outputs"} < set(event)
    assert [(d["namespace"], d["name"]) for d in table["inputs"]] == [
        ("postgres://server-1", "source.mobility.zone")
    ]
    (gold,) = table["outputs"]
    assert gold["name"] == str(tmp_path / "lake" / "gold" / "dim_zone")
    assert gold["outputFacets"]["outputStatistics"]["rowCount"] == 5
    assert gold["facets"]["columnLineage"]["fields"]["borough"]["inputFields"] == [
        {
            "namespace": "postgres://server-1",
            "name": "source.mobility.zone",
            "field": "borough",
            "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}],
        }
    ]
    assert {"name": "zone_name", "type": "VARCHAR(256)"}.items() <= gold["facets"]["schema"]["fields"][
        2
    ].items()


def test_a_failed_table_says_why_and_the_run_too(tmp_path):
    failed = ZONE | {"status": "failed", "landed": None, "error": "no such column"}
    events = ran(tmp_path, [failed], "Failed", "zone: no such column")
    assert [e["eventType"] for e in events] == ["START", "START", "FAIL", "FAIL"]
    assert events[2]["run"]["facets"]["errorMessage"]["message"] == "no such column"
    assert events[3]["run"]["facets"]["errorMessage"]["message"] == "zone: no such column"
    assert "outputFacets" not in events[2]["outputs"][0]


def test_lineage_that_cannot_be_written_fails_no_run(tmp_path):
    (tmp_path / "lineage").write_text("a file where the folder should be")
    warnings: list[str] = []
    stack = SimpleNamespace(state=SimpleNamespace(root=tmp_path))
    log = LineageLog(stack, lambda run: [], warnings.append)
    log(Event("pipeline_started", str(uuid.uuid4()), "ingest", 0, "k", "ingest", "Pipeline"))
    assert len(warnings) == 1 and "is not written" in warnings[0]
