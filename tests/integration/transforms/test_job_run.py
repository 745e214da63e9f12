"""The job: one table's failure stays with it, receipts are written last, and the lake is not written on bad input."""

import json

import pytest
from highwater_transforms import job
from highwater_transforms.errors import TransformError

pytestmark = pytest.mark.spark


def events(*ids: int) -> list[dict]:
    return [{"id": i, "what": "x"} for i in ids]


def written_receipt(lake, run_id: str, table: str) -> dict:
    (file,) = (lake.root / "landing" / "_receipts" / run_id / table).glob("*.json")
    (line,) = file.read_text().splitlines()
    return json.loads(line)


def test_one_bad_table_does_not_stop_the_others(lake, event, place, ride):
    good = lake.land(event, events(1, 2))
    short = lake.land(place, [{"id": 1, "name": "a"}])
    short = type(short)(**{**vars(short), "rows": 2})
    bad = lake.land(ride, [{"id": 1, "zone": 1000, "cents": 1, "cancelled": False, "at": "2024-01-01"}])
    run_id = lake.plan(good, short, bad)
    given = [f"--lake={lake.endpoint}", f"--run_id={run_id}", f"--plan_path=_plans/{run_id}/plan.parquet"]
    with pytest.raises(SystemExit) as ended:
        job.main(given)
    assert ended.value.code == 1
    assert lake.rows("gold", "fact_event", "id") == [(1,), (2,)]
    assert not (lake.root / "gold" / "published_batch").exists()  # a run that is not whole publishes nothing

    receipt = written_receipt(lake, run_id, "event")
    assert receipt["seconds"] > 0 and receipt["steps"].keys() >= {"check", "bronze", "silver", "gold"}
    assert {k: receipt[k] for k in ("run_id", "batch_id", "status", "windows", "landed", "inserted", "error")} == {
        "run_id": run_id, "batch_id": 1, "status": "merged", "windows": [{"window_id": 1, "attempt": 1}],
        "landed": 2, "inserted": 2, "error": None,
    }  # fmt: skip
    assert receipt["versions"] == {
        "silver": lake.version("silver", "event"),
        "gold": lake.version("gold", "fact_event"),
    }

    receipt = written_receipt(lake, run_id, "place")
    assert (receipt["status"], receipt["landed"], receipt["unread"]) == ("failed", 0, [2])
    assert "the ledger recorded 2 rows, place/2/1 holds 1" in receipt["error"]
    receipt = written_receipt(lake, run_id, "ride")
    assert receipt["status"] == "failed" and receipt["windows"] == [{"window_id": 3, "attempt": 1}]
    assert receipt["error"].startswith(
        "ride breaks rule zone_known. 1 rows do not satisfy: zone is null or zone < 1000"
    )
    assert (
        not (lake.root / "silver").joinpath("ride").exists()
        and not (lake.root / "gold" / "dim_place").exists()
    )


def test_an_unreadable_contract_fails_its_table_alone(lake, event):
    good = lake.land(event, events(1))

    class Broken:
        table, version = "broken", "0"

        @staticmethod
        def plan_json() -> str:
            return "{"

    lake.run(good, type(good)(Broken, 7, "broken/7/1", 1))
    assert {t: r.status for t, r in lake.receipts.items()} == {"event": "merged", "broken": "failed"}
    assert "is not JSON" in lake.receipts["broken"].error


def test_a_stray_file_in_the_attempts_folder_does_not_count(lake, event):
    landed = lake.land(event, events(1))
    folder = lake.root / "landing" / landed.path
    (folder / "half.parquet").write_bytes(b"PAR1")
    assert lake.run(landed).landed == 1
    assert lake.rows("gold", "published_batch", "batch_id") == [(1,)]
    lake.run(lake.land(event, events(2)))
    assert lake.rows("gold", "published_batch", "batch_id") == [(1,), (2,)]


def test_a_plan_of_another_run_is_refused(lake, event, capsys):
    run_id = lake.plan(lake.land(event, events(1)))
    given = [f"--lake={lake.endpoint}", "--run_id=other", f"--plan_path=_plans/{run_id}/plan.parquet"]
    with pytest.raises(SystemExit) as ended:
        job.main(given)
    assert ended.value.code == 1
    assert f"The plan is of run {run_id}. this job runs other" in capsys.readouterr().err
    assert isinstance(ended.value.__cause__, TransformError)
