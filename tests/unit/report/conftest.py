"""A small report over views of literal rows: a test writes a measure and a visual, and reads what it shows."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from small_report import RELATIONSHIPS, ROLE, TABLES, VIEWS, field

from local.report import Answer, Reading, Report
from local.serving import driver, engine
from local.serving.catalog import Catalog
from sql import serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving database whose views are literal rows."""
    folder = tmp_path_factory.mktemp("serving")
    with driver.duckdb(str(folder), "master") as master:
        master.execute(serving.create_database())
    with driver.duckdb(str(folder), "highwater") as session:
        session.execute("CREATE SCHEMA mart;")
        for name, rows in VIEWS.items():
            body = " UNION ALL ".join(f"SELECT {row}" for row in rows)
            session.execute(f"CREATE VIEW mart.{name} AS {body};")
    return folder


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine.session(reads_delta=False) as connection:
        yield connection


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Report]:
    """Write the report: measures by name, and one visual."""

    def do(measures: dict[str, str], values: list[str], kind: str = "tableEx", sort=(), filters=(), tables=TABLES,
           role: str = "Values") -> Report:  # fmt: skip
        model, report = tmp_path / "M.SemanticModel/definition", tmp_path / "M.Report/definition"
        visual = report / "pages/p/visuals/v"
        for folder in (model / "tables", model / "roles", visual):
            folder.mkdir(parents=True, exist_ok=True)
        said = "".join(
            f"measure '{n}' =\n"
            + "".join(f"\t\t\t{line}\n" for line in d.splitlines())
            + "\t\tformatString: 0.0\n\n\t"
            for n, d in measures.items()
        )
        (model / "tables/all.tmdl").write_text(tables.replace("MEASURES", said or "annotation none = 1"))
        (model / "relationships.tmdl").write_text(RELATIONSHIPS)
        (model / "roles/Bronx.tmdl").write_text(ROLE)
        (report.parent / "definition.pbir").write_text(
            json.dumps({"datasetReference": {"byPath": {"path": "../M.SemanticModel"}}})
        )
        (report / "report.json").write_text("{}")
        (report / "pages/pages.json").write_text(json.dumps({"pageOrder": ["p"]}))
        page = {"name": "p", "displayName": "Page", "width": 1280, "height": 720}
        (report / "pages/p/page.json").write_text(json.dumps(page))
        title = {"properties": {"text": {"expr": {"Literal": {"Value": "'It''s shown'"}}}}}
        projections = [{"field": field(v), "queryRef": v} for v in values]
        body = {
            "name": "v",
            "position": {"x": 1, "y": 2, "width": 30, "height": 40},
            "visual": {
                "visualType": kind,
                "query": {
                    "queryState": {role: {"projections": projections}},
                    "sortDefinition": {"sort": [{"field": field(f), "direction": d} for f, d in sort]},
                },
                "visualContainerObjects": {"title": [title]},
            },
            "filterConfig": {"filters": list(filters)},
        }
        (visual / "visual.json").write_text(json.dumps(body))
        return Report(report.parent)

    return do


@pytest.fixture
def shows(write, server: Path, duck) -> Callable[..., Answer]:
    """What the one visual of a report shows."""

    def do(measures, values, selections=None, role=None, **given) -> Answer:
        report = write(
            measures, values, **({"role": given.pop("in_role")} if "in_role" in given else {}), **given
        )
        return Reading(report, Catalog(server, "highwater"), duck).ask(
            report.pages[0].visuals[0], selections, role
        )

    return do
