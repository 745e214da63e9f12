"""The plan's rows, table by table."""

import pytest
from highwater_transforms import landing, plan
from highwater_transforms.errors import TransformError


def row(table: str, window: int, **more) -> dict:
    return {
        "run_id": "r", "batch_id": 4, "table_name": table, "contract_version": "v", "contract": f"<{table}>",
        "window_id": window, "attempt": 1, "kind": "live", "low": "0", "high": "1",
        "path": f"{table}/{window}/1", "files": 1, "rows": 10, "allow_share": 0.1, "allow_rows": 10,
    } | more  # fmt: skip


def test_windows_are_gathered_by_table_in_order():
    plans = plan.tables([row("b", 3), row("a", 2, kind="reload", attempt=5), row("b", 1)], "r")
    assert [(p.table, p.window_ids, p.batch_id, p.contract_json) for p in plans] == [
        ("a", (2,), 4, "<a>"), ("b", (1, 3), 4, "<b>"),
    ]  # fmt: skip
    assert [p.reload for p in plans] == [True, False]
    assert (plans[0].allow_share, plans[0].allow_rows) == (0.1, 10)
    assert plans[0].windows[0] == plan.Window(2, 5, "reload", "0", "1", "a/2/1", 1, 10)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row("a", 1, run_id="other")], "The plan is of run other"),
        ([row("a", 1, kind="sideways")], "kind 'sideways'"),
        ([row("a", 1), row("a", 1)], "names a window of a twice"),
        ([row("a", 1), row("a", 2, contract="<b>")], "two contracts or batches for a"),
        ([row("a", 1), row("a", 2, batch_id=5)], "two contracts or batches for a"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(rows, found):
    with pytest.raises(TransformError) as refused:
        plan.tables(rows, "r")
    assert found in str(refused.value)


def test_a_window_of_one_file_is_read_by_name_and_of_several_by_folder():
    (only,) = plan.tables([row("a", 1), row("a", 2, files=3), row("a", 3, files=0)], "r")
    assert [landing.files("a", w) for w in only.windows] == ["a/1/1/a.parquet", "a/2/1", None]
