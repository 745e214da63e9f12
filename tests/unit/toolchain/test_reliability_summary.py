"""The figures of `make reliability` are those that the tests told, and claim nothing after a failure."""

from local.toolchain.reliability import summary

LINES = """{"kind": "history", "count": 50, "seed": 1}
{"kind": "history", "count": 50}
{"kind": "fault point", "count": 7, "enumerated": 9}
"""


def test_counts_are_summed_by_kind():
    assert summary(LINES, True, 61.4) == {
        "ok": True, "seconds": 61, "tried": {"fault point": 7, "history": 100},
        "enumerated": {"fault point": 9}, "lost": 0, "doubled": 0,
    }  # fmt: skip


def test_after_a_failure_or_without_a_test_nothing_is_claimed():
    for lines, ok in ((LINES, False), ("", True)):
        found = summary(lines, ok, 1)
        assert (found["lost"], found["doubled"]) == (None, None)
