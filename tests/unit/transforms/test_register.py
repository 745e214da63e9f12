"""What the catalog is told, by the statements that a session is given; the catalog itself is Databricks'."""

from types import SimpleNamespace

import pytest
from highwater_transforms import job
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan, Window
from highwater_transforms.receipts import Receipt
from highwater_transforms.register import register, shown

from contracts import load_all

LAKE = Lake("https://acct.dfs.core.windows.net/")
PLANS = {
    c.table: TablePlan(
        "r", 1, c.table, c.plan_json(), (Window(1, 1, "live", None, None, "p", 1, 1),), 0.1, 10
    )
    for c in load_all()
}


class Session:
    """Answers SHOW TABLES and notes every other statement."""

    def __init__(self, known: dict[str, list[str]], refuses: bool = False):
        self.known, self.refuses, self.asked, self.told = known, refuses, [], []

    def sql(self, text: str):
        if self.refuses:
            raise PermissionError("USE CATALOG is missing")
        if text.startswith("SHOW TABLES IN "):
            self.asked.append(text)
            schema = text.rpartition(".")[2].strip("`")
            rows = [{"tableName": name} for name in self.known.get(schema, [])]
            return SimpleNamespace(collect=lambda: rows)
        self.told.append(text)
        return None


def test_every_served_table_is_shown_under_the_schema_of_its_container():
    for contract in load_all():
        found = shown(PLANS[contract.table].contract())
        served = [("gold", name) for name in contract.gold.tables]
        if contract.sensitive:
            served.append(("restricted", contract.gold.table))
        assert found == served
    assert any(schema == "restricted" for plan in PLANS.values() for schema, _ in shown(plan.contract()))


def test_a_missing_table_is_registered_on_its_path_and_known_ones_are_left_alone():
    contract = PLANS["driver"].contract()
    session = Session({"gold": ["something_else"]})
    assert register(session, LAKE, "hw_dev", [contract]) == ["gold.dim_driver", "restricted.dim_driver"]
    assert session.told == [
        "CREATE TABLE IF NOT EXISTS `hw_dev`.`gold`.`dim_driver` USING DELTA"
        " LOCATION 'abfss://gold@acct.dfs.core.windows.net/dim_driver'",
        "CREATE TABLE IF NOT EXISTS `hw_dev`.`restricted`.`dim_driver` USING DELTA"
        " LOCATION 'abfss://restricted@acct.dfs.core.windows.net/dim_driver'",
    ]
    again = Session({"gold": ["dim_driver"], "restricted": ["dim_driver"]})
    assert register(again, LAKE, "hw_dev", [contract]) == []
    assert (again.told, len(again.asked)) == ([], 2)


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch):
    """A run whose tables merge, all but `trip`, without Spark."""

    def process(spark, lake, planned, loaded_at, ready) -> Receipt:
        if planned.table == "trip":
            raise ValueError("no merge")
        return Receipt("r", 1, planned.table, "merged", [])

    monkeypatch.setattr(job.plan, "read", lambda *given: list(PLANS.values()))
    monkeypatch.setattr(job.table, "process", process)
    monkeypatch.setattr(job.receipts, "write", lambda *given: None)


def test_only_what_was_merged_is_registered(merged, capsys):
    session = Session({})
    done = job.run(session, LAKE, "r", "p", catalog="hw_dev")
    assert {r.table_name: r.status for r in done} == {
        table: "failed" if table == "trip" else "merged" for table in PLANS
    }
    tables = {text.rpartition("`.`")[2].partition("`")[0] for text in session.told}
    assert "fact_trip" not in tables
    assert "dim_zone" in tables
    assert "catalog hw_dev now shows gold." in capsys.readouterr().out


def test_without_a_catalog_nothing_is_asked(merged):
    session = Session({})
    job.run(session, LAKE, "r", "p")
    assert (session.asked, session.told) == ([], [])


def test_a_catalog_that_refuses_fails_no_run(merged, capsys):
    done = job.run(Session({}, refuses=True), LAKE, "r", "p", catalog="hw_dev")
    assert len(done) == len(PLANS)
    assert "catalog hw_dev does not show every table: USE CATALOG is missing" in capsys.readouterr().err
