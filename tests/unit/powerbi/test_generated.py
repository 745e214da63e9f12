"""What is committed under powerbi/ is what the contracts and the definition say, and what readers rely on."""

import json
import re

import pytest

from contracts import load_all
from local.report import Report, model
from local.serving import driver
from local.serving.catalog import Catalog
from local.serving.tsql.queries import Binder
from local.serving.tsql.syntax import parse_query
from powerbi import definition, generate
from powerbi.errors import DefinitionError
from powerbi.tables import Tables
from powerbi.theme import COLORS
from sql import serving


@pytest.fixture(scope="module")
def report() -> Report:
    return Report()


def test_what_is_committed_is_what_is_generated():
    wanted, there = generate.files(), generate.present()
    changed = sorted(p for p in wanted.keys() | there.keys() if wanted.get(p) != there.get(p))
    assert changed == [], "regenerate it: make powerbi"


def test_writing_again_changes_nothing_and_removes_what_is_no_more(tmp_path):
    assert len(generate.write(tmp_path)) == len(generate.files())
    assert generate.write(tmp_path) == []
    stray = tmp_path / "Mobility.Report/definition/pages/gone/page.json"
    stray.parent.mkdir()
    stray.write_text("{}")
    assert generate.write(tmp_path) == ["Mobility.Report/definition/pages/gone/page.json"]
    assert not stray.parent.exists()


def test_every_served_column_is_in_the_model_under_its_view(report: Report):
    """Microsoft's names differ from ours by case alone nowhere: Delta and the views are case sensitive."""
    served = {
        v.name: set(v.served)
        for c in load_all()
        for v in serving.views(c)
        if v.schema == "mart" and not v.shows_removed
    }
    found: dict[str, set[str]] = {}
    for table in report.model.tables.values():
        assert table.schema == "mart"
        found.setdefault(table.view, set()).update(c.source for c in table.columns.values())
    assert {view: found[view] for view in served} == served


def test_no_sensitive_column_is_in_the_model(report: Report):
    sensitive = {(c.gold.table, name) for c in load_all() for name in c.sensitive}
    there = {(t.view, c.source) for t in report.model.tables.values() for c in t.columns.values()}
    assert sensitive
    assert not sensitive & there


def test_every_visual_can_be_asked_in_every_role(report: Report):
    asked = 0
    for page in report.pages:
        for visual in page.visuals:
            for role in (None, *report.roles):
                asked += bool(visual.projections and report.sql(visual, role=role))
    assert [p.name for p in report.pages] == [
        "Operations now", "Demand by zone and hour", "Revenue", "Driver performance", "Data freshness and quality",
    ]  # fmt: skip
    assert asked >= 25 * (1 + len(report.roles))


def test_every_measure_is_understood_described_and_has_a_format(report: Report):
    from local.report.expressions import Expressions

    expressions = Expressions(report.model)
    for name, measure in report.model.measures.items():
        assert expressions.measure(name) is not None
        assert measure.description and measure.format, name


def test_every_visual_has_title_and_alternative_text_and_lies_on_its_page(report: Report):
    for page in report.pages:
        for visual in page.visuals:
            assert visual.alt_text, visual.where
            assert visual.title or visual.type == "textbox"
            at = visual.position
            assert (
                at.x >= 0 and at.x + at.width <= page.width and at.y >= 0 and at.y + at.height <= page.height
            )
        for one in page.visuals:
            for other in page.visuals:
                a, b = one.position, other.position
                apart = (
                    a.x + a.width <= b.x
                    or b.x + b.width <= a.x
                    or a.y + a.height <= b.y
                    or b.y + b.height <= a.y
                )
                assert one is other or apart, f"{one.where} lies over {other.where}"


def test_pages_refresh_on_one_measure_of_the_model(report: Report):
    """Power BI knows one measure of change detection a model."""
    measures = {json.dumps(p.refresh["measure"], sort_keys=True) for p in report.pages}
    assert len(measures) == 1
    field = json.loads(measures.pop())["expr"]["Measure"]
    assert report.model.measure(field["Property"], field["Expression"]["SourceRef"]["Entity"])


def test_a_role_closes_what_its_borough_does_not_reach(report: Report):
    """A table that no zone filters would show the whole company to a reader of one borough."""
    facts = {r.many.table for r in report.model.relationships}
    facts |= {t.name for t in report.model.tables.values() if re.match("fact|agg|kpi", t.view)}
    for role, filters in report.model.roles.items():
        assert filters["Zone"] == f"'Zone'[Borough] = \"{role}\""
        for table in facts:
            assert report.model.path(table, "Zone") is not None or filters.get(table) == "FALSE()", (
                role,
                table,
            )


def test_the_date_table_is_marked_and_nothing_is_kept_or_summed_by_itself():
    texts = generate.present()
    folder = "Mobility.SemanticModel/definition/tables/"
    assert "\tdataCategory: Time\n" in texts[folder + "Date.tmdl"]
    assert texts[folder + "Date.tmdl"].count("\t\tisKey\n") == 1
    for path, text in texts.items():
        if path.startswith(folder):
            assert text.count("\n\tcolumn ") == text.count("summarizeBy: none\n"), path
            assert text.count("mode: directQuery\n") == 1, path
    assert "discourageImplicitMeasures" in texts["Mobility.SemanticModel/definition/model.tmdl"]


def test_keys_that_only_join_are_hidden(report: Report):
    shown = {(f.table, f.name) for p in definition.load().pages for v in p.visuals for fs in v.fields.values()
             for f in fs}  # fmt: skip
    for relationship in report.model.relationships:
        many = relationship.many
        assert many.hidden or (many.table, many.name) in shown


def test_ids_are_unique():
    tags = re.findall(r"lineageTag: (\S+)", "".join(generate.present().values()))
    assert len(tags) == len(set(tags)) > 150


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_first_colors_differ_in_lightness_too():
    """So that they differ for those who see no colour at all, and on paper."""
    first = [luminance(c) for c in COLORS[:2]]
    assert abs(first[0] - first[1]) > 0.04
    assert len(set(COLORS)) == len(COLORS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Zone[Borough]]", "Zone[Burgh]]", "no column 'Burgh' in 'Zone'"),
        ('"[Tip rate]"', '"[Tipp rate]"', "no measure 'Tipp rate'"),
        ("-> Zone[Zone ID]", "-> Zones[Zone ID]", "no table 'Zones'"),
        ("-> Zone[Zone ID]", "-> Zone[Zone name]", "differ in type"),
        ("name: Tip rate", "name: Tips", "the name 'Tips' is taken"),
        ("name: Tip rate", "nam: Tip rate", "nam"),
        ("measure: Newest batch", "measure: Newest", "no measure 'Newest'"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(tmp_path, monkeypatch, old, new, said):
    text = definition.FILE.read_text()
    old, new = old.replace("Borough]]", 'Borough]"'), new.replace("Burgh]]", 'Burgh]"')
    assert old in text
    changed = tmp_path / "definition.yaml"
    changed.write_text(text.replace(old, new, 1))
    loaded = definition.load
    monkeypatch.setattr(definition, "load", lambda: loaded(changed))
    with pytest.raises(DefinitionError, match=said):
        generate.files()


def test_a_new_table_of_the_contracts_is_a_new_table_of_the_model():
    """The definition names no table that it does not need."""
    contracts = load_all()
    trimmed = [c.model_copy(update={"gold": c.gold.model_copy(update={"table": f"{c.gold.table}_two"})})
               for c in contracts[:1]]  # fmt: skip
    said = definition.load()
    names = Tables([*contracts, *trimmed], said).all
    assert len(names) == len(Tables(contracts, said).all) + 1


def test_the_model_reads_back_as_it_was_written(report: Report):
    said = definition.load()
    tables = Tables(load_all(), said)
    assert {n: len(t.columns) for n, t in report.model.tables.items()} == {
        n: len(t.columns) for n, t in tables.all.items()
    }
    assert len(report.model.relationships) == len(said.relationships)
    assert isinstance(report.model, model.SemanticModel)


def test_the_served_views_have_every_column_of_the_model_in_its_type(report: Report, tmp_path):
    """The T-SQL is what Synapse runs: a column that no view has would fail there at the first click."""
    with driver.duckdb(str(tmp_path), "master") as master:
        master.execute(serving.create_database())
    with driver.duckdb(str(tmp_path), serving.DATABASE) as session:
        session.execute(serving.database_script("file:///lake/"))
        for _, script in [
            *(s for c in load_all() for s in serving.view_scripts(c)),
            *serving.batch_scripts(load_all()),
        ]:
            session.execute(script)
    binder = Binder(Catalog(tmp_path, serving.DATABASE))
    for table in report.model.tables.values():
        found = {
            c.name: c.type for c in binder.statement(parse_query(f"SELECT * FROM mart.{table.view}")).columns
        }
        for column in table.columns.values():
            kind = found[column.source]
            assert {"int64": kind.is_integer, "string": kind.is_string, "dateTime": kind.is_date,
                    "double": kind.is_float}.get(column.kind, True), (table.view, column.source, kind)  # fmt: skip
