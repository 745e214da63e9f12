"""The declared pipeline `maintain` on a real ledger and lake: what it asks of the job, and what it sweeps."""

import json
import os
import time
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from local.adf import JobResult

pytestmark = pytest.mark.postgres

ZONE = "insert into mobility.zone (zone_id, borough, zone_name, service_zone) values (1, 'B', 'Z', 'Y')"


class Keeper:
    """Stands where Databricks is: leaves a receipt for each contract of the plan, but for those in `silent`."""

    def __init__(self, lake: Path):
        self.lake, self.plans, self.parameters = lake, [], {}
        self.silent: tuple[str, ...] = ()
        self.failing: tuple[str, ...] = ()

    def run(self, job_id, parameters, on_line, *, timeout, cancel) -> JobResult:
        self.parameters = parameters
        plan = parquet.read_table(self.lake / "landing" / parameters["plan_path"]).to_pylist()
        self.plans.append(plan)
        for name in (row["table_name"] for row in plan if row["table_name"] not in self.silent):
            failed = name in self.failing
            lines = [
                {"run_id": parameters["run_id"], "table_name": name, "container": container, "delta_table": name,
                 "status": status, "optimized": True, "files_before": 20, "files_after": 1, "bytes_before": 9,
                 "bytes_after": 8, "seconds": 0.5, "error": "it's locked" if status == "failed" else None}
                for container, status in (("silver", "done"), ("gold", "failed" if failed else "done"))
            ]  # fmt: skip
            folder = self.lake / "landing" / "_receipts" / parameters["run_id"] / name
            folder.mkdir(parents=True)
            (folder / "part-0.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
        if self.silent or self.failing:
            return JobResult("1", "", "FAILED", "tables failed")
        return JobResult("1", "", "SUCCESS", "")


@pytest.fixture
def keeper(bench, monkeypatch) -> Keeper:
    keeper = Keeper(bench.lake)
    merge = bench.job.run
    by_work = {"maintain": keeper.run, None: merge}
    monkeypatch.setattr(
        bench.job,
        "run",
        lambda job, given, *rest, **more: by_work[given.get("work")](job, given, *rest, **more),
    )
    return keeper


def a_file(folder: Path, days: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "left.parquet"
    file.write_bytes(b"PAR1")
    os.utime(file, (time.time() - days * 86400,) * 2)
    return file


def test_every_table_is_looked_after_and_what_it_cost_is_recorded(bench, keeper):
    run = bench.runtime.run("maintain")
    assert (run.status, run.error) == ("Succeeded", None)
    (plan,) = keeper.plans
    assert [row["table_name"] for row in plan] == ["driver", "trip", "trip_event", "zone"]
    assert {(row["retention_hours"], row["minutes"]) for row in plan} == {(168, 10)}
    assert keeper.parameters.keys() == {"run_id", "plan_path", "work"}
    assert bench.ask("select status, message from control.maintenance") == [("succeeded", None)]
    assert bench.ask(
        "select count(*), sum(files_before), sum(files_after) from control.maintenance_report"
    ) == [(8, 160, 8)]
    assert bench.ask("select * from control.run") == []


def test_one_table_s_failure_is_told_and_the_rest_is_recorded(bench, keeper):
    keeper.failing, keeper.silent = ("zone",), ("driver",)
    run = bench.runtime.run("maintain")
    assert run.status == "Failed"
    told = "driver: the job left no receipt; gold/zone: it's locked"
    assert told in run.error["message"] and "tables failed" in run.error["message"]
    assert bench.ask("select status, message from control.maintenance") == [("failed", told)]
    assert bench.ask("select count(*) from control.maintenance_table where status = 'done'") == [(5,)]
    assert bench.ask("select count(*) from control.maintenance_table where error is not null") == [(1,)]


def test_one_table_may_be_named_and_a_wrong_name_fails_before_the_job(bench, keeper):
    assert bench.runtime.run("maintain", {"tables": "zone"}).status == "Succeeded"
    assert [row["table_name"] for row in keeper.plans[0]] == ["zone"]
    run = bench.runtime.run("maintain", {"tables": "zones"})
    assert run.status == "Failed" and "no such table: zones" in run.error["message"]
    assert len(keeper.plans) == 1


def test_superseded_attempts_go_and_everything_else_of_landing_stays(bench, keeper):
    bench.tell(ZONE)
    bench.job.dies = True
    assert bench.runtime.run("ingest").status == "Failed"  # landed, not merged
    ((window, path),) = bench.ask("select window_id, path from control.ledger where table_name = 'zone'")
    landing = bench.lake / "landing"
    stray, other = a_file(landing / f"zone/{window}/2", 40), a_file(landing / "zone/999/1", 40)
    assert bench.runtime.run("maintain").status == "Succeeded"
    assert stray.exists() and (landing / path / "zone.parquet").exists()

    bench.job.dies = False
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert bench.ask("select attempt, path, status from control.ledger where table_name = 'zone'") == [
        (2, path, "merged")
    ]
    assert bench.runtime.run("maintain").status == "Succeeded"
    assert stray.exists()  # merged a moment ago
    bench.tell("update control.ledger set merged_at = merged_at - interval '2 days'", "control")
    assert bench.runtime.run("maintain").status == "Succeeded"
    assert not (landing / f"zone/{window}/2").exists()
    assert (landing / path / "zone.parquet").exists() and other.exists()
    assert bench.ask("select path from control.swept") == [(f"zone/{window}/2",)]


def test_plans_and_receipts_go_after_their_time_and_not_while_their_run_goes_on(bench, keeper):
    landing = bench.lake / "landing"
    old = [a_file(landing / "_plans/r-old", 31), a_file(landing / "_receipts/r-old/trip", 31)]
    young = [a_file(landing / "_plans/r-young", 29), a_file(landing / "_receipts/r-young/trip", 29)]
    bench.ask("select table_name from control.begin_run('r-old', 'reload', 'reload', '*')")
    bench.tell("update control.run set started = started - interval '32 days'", "control")
    assert bench.runtime.run("maintain").status == "Succeeded"
    assert all(file.exists() for file in old + young)
    bench.ask("select failed from control.finish_run('r-old')")
    assert bench.runtime.run("maintain").status == "Succeeded"
    assert [file.exists() for file in old + young] == [False, False, True, True]
