"""The job's named parameters and what it prints of a table."""

import pytest
from highwater_transforms import job
from highwater_transforms.errors import TransformError
from highwater_transforms.plan import TablePlan, Window
from highwater_transforms.receipts import Receipt, failed


def test_named_parameters_are_read():
    given = job.arguments(["--lake=file:///l/", "--run_id=r 1", "--plan_path=_plans/r/plan.parquet"])
    assert vars(given) == {
        "lake": "file:///l/", "run_id": "r 1", "plan_path": "_plans/r/plan.parquet", "catalog": "", "work": "merge",
    }  # fmt: skip
    assert job.arguments(["--lake=x", "--run_id=r", "--plan_path=p", "--catalog=hw_dev"]).catalog == "hw_dev"


@pytest.mark.parametrize(
    "argv",
    [
        ["--lake=x", "--run_id=r"],
        ["--lake=x", "--run_id=r", "--plan_path=p", "--more=1"],
        ["--lake=x", "--run_id=r", "--plan_path=p", "--work=rest"],
    ],
)
def test_a_missing_or_unknown_one_ends_the_job(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        job.arguments(argv)
    assert ended.value.code == 2
    assert "--plan_path" in capsys.readouterr().err


def test_a_line_tells_what_was_moved():
    receipt = Receipt(
        "r",
        1,
        "trip",
        "merged",
        [],
        landed=1200,
        inserted=1000,
        updated=200,
        seconds=3.21,
        steps={"gold": 1.0},
    )
    assert job._line(receipt) == "trip: 1,200 landed, 1,000 inserted, 200 updated in 3.2 s (gold 1.0)"


def test_a_failure_names_its_windows_and_is_cut_short():
    window = Window(9, 2, "live", None, None, "trip/9/1", 1, 5)
    receipt = failed(TablePlan("r", 3, "trip", "{}", (window,), 0.1, 10), TransformError("x" * 3000), 1.5)
    assert (receipt.status, receipt.windows) == ("failed", [{"window_id": 9, "attempt": 2}])
    assert receipt.error == "x" * 2000
    assert job._line(receipt).startswith("trip: failed after 1.5 s: xxx")


def test_a_failure_of_spark_is_told_with_what_lies_at_its_bottom():
    class TaskFailed(Exception):
        def getStackTrace(self) -> str:
            return "java.io.IOException: outer\nCaused by: in between\n\tat a.b\nCaused by: No space left\n\tat c.d"

    plan = TablePlan("r", 3, "trip", "{}", (), 0.1, 10)
    assert failed(plan, TaskFailed("Task failed."), 1.0).error == "Task failed. Caused by: No space left"
    assert failed(plan, TaskFailed("No space left"), 1.0).error == "No space left"
    long = failed(plan, TaskFailed("x" * 3000), 1.0).error
    assert len(long) == 2000 and long.endswith("xx Caused by: No space left")
