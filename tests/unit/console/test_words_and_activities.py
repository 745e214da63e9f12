"""How the console writes values, and a run's activities in one list."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from local.adf import ActivityRun, PipelineRun
from local.adf.history import RunNode
from local.console import gantt, parts, words
from local.console.activities import compared, lines, milliseconds
from local.console.pages import ledger


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.04, "0.0 s"), (9.96, "10.0 s"), (12.4, "12 s"), (60, "1 min"), (200, "3 min 20 s"),
     (7200, "2 h"), (7500, "2 h 5 min"), (273600, "3 d 4 h")],
)  # fmt: skip
def test_durations_have_units(seconds, text):
    assert words.duration(seconds) == text


def test_a_failure_is_told_by_its_cause():
    wrapped = (
        "Operation on target A failed: Activity failed;\n Inner activity name: B, Error: trip: no such table"
    )
    assert words.cause(wrapped) == "trip: no such table"
    assert words.cause("no Java") == "no Java"
    assert words.cause(None) == ""


def test_a_moment_is_utc_for_the_browser_to_turn():
    there = datetime(2023, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-5)))
    assert words.utc(there) == "2023-01-02T08:04:05.000000Z"
    assert words.utc("2023-01-02 08:04:05.000006") == "2023-01-02T08:04:05.000006Z"
    assert parts.moment_html(there) == (
        '<time datetime="2023-01-02T08:04:05.000000Z">2023-01-02 08:04:05 UTC</time>'
    )


def test_texts_of_the_source_cannot_become_markup():
    assert parts.cell("<script>") == "&lt;script&gt;"
    assert parts.link("<b>", '"><script>') == (
        '<a class="underline" href="&quot;&gt;&lt;script&gt;">&lt;b&gt;</a>'
    )


def activity(name: str, path: str, second: int, seconds: float, rows: int | None = None) -> ActivityRun:
    start = f"2023-01-01T00:00:{second:02}.0000000Z"
    return ActivityRun(
        f"id-{path}-{second}", name, "Copy", path, "Succeeded", start, start, seconds, rows=rows
    )


def node(*activities: ActivityRun, **children: RunNode) -> RunNode:
    run = PipelineRun("r", "p", "Succeeded", {}, "", "", 0.0, list(activities))
    return RunNode(run, {key.replace("__", "-"): child for key, child in children.items()})


def test_an_executed_pipelines_activities_follow_the_activity_that_executed_it():
    inner = node(activity("Copy", "Copy", 2, 3.0, 7))
    execute = activity("Load", "Loop[0]/Load", 1, 4.0)
    outer = RunNode(node(activity("End", "End", 9, 1.0), execute).run, {execute.activity_run_id: inner})
    assert [(line.depth, line.path) for line in lines(outer)] == [
        (1, "Loop[0]/Load"), (2, "Loop[0]/Load > Copy"), (0, "End"),
    ]  # fmt: skip


def test_runs_are_compared_by_path_what_changed_most_first():
    a = node(activity("A", "A", 1, 1.0, 5), activity("B", "B", 2, 10.0))
    b = node(activity("A", "A", 1, 1.5, 6), activity("C", "C", 3, 2.0))
    assert [(c.path, c.seconds, c.rows, c.difference) for c in compared(a, b)] == [
        ("B", (10.0, None), (None, None), -10.0),
        ("C", (None, 2.0), (None, None), 2.0),
        ("A", (1.0, 1.5), (5, 6), 0.5),
    ]


def test_an_activitys_time_is_read_with_seven_digits():
    assert (
        milliseconds("2023-01-01T00:00:01.5000000Z")
        == datetime(2023, 1, 1, 0, 0, 1, 500000, UTC).timestamp() * 1000
    )


def test_windows_that_do_not_meet_are_told():
    live = [{"window_id": i, "kind": "live", "low": low, "high": high} for i, low, high in
            [(1, "0", "5"), (2, "5", "9"), (4, "12", "20")]]  # fmt: skip
    other = {"window_id": 3, "kind": "backfill", "low": "1", "high": "2"}
    windows = [w | {"status": "merged", "rows": 1, "attempt": 1} for w in (*live[:2], other, live[2])]
    assert [(a["window_id"], b["window_id"]) for a, b in ledger.gaps(windows)] == [(2, 4)]
    rows, bars = ledger.drawn("integer", windows)
    assert rows == ["live", "backfill", "gap"]
    (gap,) = (bar for bar in bars if bar.row == 2)
    assert (gap.start, gap.end, gap.text) == (9, 12, "gap between window 2 and 4: 9 to 12")
    assert ledger.drawn("integer", windows[:3])[0] == ["live", "backfill"]


def test_the_first_window_is_drawn_from_a_little_before_its_end():
    windows = [{"high": "2023-01-01 00:00:00.000000"}, {"high": "2023-01-01 00:01:40.000000"}]
    start = datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000
    least = ledger._least("timestamp", windows)
    assert least == start - 5000
    assert ledger._place("timestamp", "0001-01-01 00:00:00.000000", least) == least
    assert ledger._place("integer", "-9223372036854775808", 3.0) == 3.0


def test_a_bar_is_placed_by_row_start_and_end():
    (series,) = gantt.options(["a"], [gantt.Bar(0, 1.0, 2.0, "#000", "x")], "value")["series"]
    assert series["data"] == [{"value": [0, 1.0, 2.0], "name": "x", "itemStyle": {"color": "#000"}}]


def test_a_bar_along_time_ends_on_the_millisecond_that_the_axis_ends_on():
    """ECharts takes whole milliseconds for the ends of a time axis, and leaves out what starts after them."""
    bars = [gantt.Bar(0, 1000.4, 1378.6, "#000", "all"), gantt.Bar(1, 1378.2, 1378.4, "#000", "last")]
    (series,) = gantt.options(["a", "b"], bars, "time")["series"]
    assert [d["value"] for d in series["data"]] == [[0, 1000, 1379], [1, 1378, 1378]]
