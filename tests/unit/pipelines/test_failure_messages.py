"""What a failed pipeline says: evaluated as the service does, on the outcomes that activities can have."""

import pytest

from local.adf.expressions import Context, evaluate


def test_the_error_of_a_table_is_that_of_its_first_step_that_failed(activities):
    """Steps that succeeded have no error, and those after the failed one were skipped."""
    named = activities("load_table")
    context = Context(
        pipeline={"parameters": {"run_id": "r", "table_name": "t", "kind": "live"}},
        activities={
            "Begin table": {"output": {}, "status": "Succeeded", "error": None},
            "Bounds": {"output": {}, "status": "Failed", "error": {"message": "it's gone"}},
            "Source columns": {"output": {"firstRow": {"columns": '[{"name": "a"}]'}}, "status": "Succeeded"},
            "Open windows": {"output": None, "status": "Skipped", "error": None},
            "Land windows": {"output": None, "status": "Skipped", "error": None},
        },
    )
    statement = named["Record failure"]["scripts"][0]["text"]["value"]
    asked = """select control.table_failed('r', 't', 'it''s gone', '[{"name": "a"}]')"""
    assert evaluate(statement, context) == asked
    context.activities["Source columns"] = {"output": None, "status": "Skipped", "error": None}
    assert evaluate(statement, context) == "select control.table_failed('r', 't', 'it''s gone', '')"
    assert evaluate(named["Table failed"]["message"]["value"], context) == "it's gone"


@pytest.mark.parametrize(
    ("failed", "message", "error", "fails", "told"),
    [
        (0, "", None, False, ""),
        (2, "trip: gone; zone: gone", None, True, "trip: gone; zone: gone"),
        (2, "trip: gone; zone: gone", "no Java", True, "trip: gone; zone: gone. no Java"),
        (0, "", "the job failed after its receipts", True, "the job failed after its receipts"),
    ],
)
def test_a_run_fails_when_the_ledger_or_a_step_says_so(activities, failed, message, error, fails, told):
    named = activities("ingest")
    done = {"output": {}, "status": "Succeeded", "error": None}
    context = Context(
        activities={
            "Load tables": done,
            "Make plan": done,
            "Merge windows": done | {"error": error and {"message": error}},
            "Finish run": done | {"output": {"firstRow": {"failed": failed, "message": message}}},
        }
    )
    assert evaluate(named["Anything failed"]["expression"]["value"], context) is fails
    assert evaluate(named["Run failed"]["message"]["value"], context) == told
