"""Running installers: output kept, signs of life, clear failure, no process left; and what set-up prints."""

import io
import os
import threading
import time
from pathlib import Path

import pytest

from local.toolchain import commands
from local.toolchain.__main__ import table
from local.toolchain.commands import CommandFailed, ask, run
from local.toolchain.locks import exclusive
from local.toolchain.steps import Steps, in_words
from local.toolchain.tool import first_version


def test_output_of_both_streams_comes_back(tmp_path: Path):
    said = run(["sh", "-c", "echo one; echo two >&2"], print, "working", log=tmp_path / "log")
    assert said == "one\ntwo\n"


def test_a_failure_carries_the_status_and_the_end_of_the_output(tmp_path: Path):
    with pytest.raises(CommandFailed) as failure:
        run(["sh", "-c", "echo one; echo; echo two; exit 3"], print, "working", log=tmp_path / "log")
    assert failure.value.reason == "exit status 3"
    assert failure.value.tail(1) == "two"
    assert failure.value.tail() == "one\ntwo"
    error = failure.value.as_error("It failed", "Do that")
    assert (error.what, error.why, error.next_step) == ("It failed", "exit status 3\none\ntwo", "Do that")


def test_what_can_not_be_started_says_so(tmp_path: Path):
    with pytest.raises(CommandFailed, match="No such file or directory"):
        run([tmp_path / "nothing"], print, "working", log=tmp_path / "log")


def test_a_long_command_gives_signs_of_life_and_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "SIGN_OF_LIFE_SECONDS", 0.1)
    said: list[str] = []
    script = f"sleep 30 & echo $! > {tmp_path}/child; wait"
    with pytest.raises(CommandFailed, match=r"not finished after 0\.5 s"):
        run(
            ["sh", "-c", script],
            said.append,
            "waiting",
            log=tmp_path / "log",
            timeout=0.5,
            detail=lambda: "7 of 9",
        )
    assert said[0].startswith("waiting, 0.")
    assert said[0].endswith(" so far: 7 of 9")
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def test_without_a_count_of_its_own_a_command_is_as_far_as_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "SIGN_OF_LIFE_SECONDS", 0.2)
    said: list[str] = []
    run(
        ["sh", "-c", "echo Downloading pyspark; echo; sleep 0.5"],
        said.append,
        "installing",
        log=tmp_path / "log",
    )
    assert said[0] == "installing, 0.2 s so far: Downloading pyspark"


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_question_that_fails_or_hangs_has_no_answer(tmp_path: Path):
    assert ask(["sh", "-c", "echo yes"]) == "yes\n"
    assert ask(["sh", "-c", "echo yes; exit 1"]) is None
    assert ask(["sleep", "5"], timeout=0.1) is None
    assert ask([tmp_path / "nothing"]) is None


def test_a_lock_keeps_the_second_out_and_tells_it_why(tmp_path: Path):
    events: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with exclusive(tmp_path / "deep" / "lock", events.append, "building"):
            inside.set()
            leave.wait(10)
            events.append("first leaves")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)

    def told(line: str) -> None:
        events.append(line)
        leave.set()

    with exclusive(tmp_path / "deep" / "lock", told, "building"):
        events.append("second is in")
    thread.join()
    assert events == ["waiting for another process that is building", "first leaves", "second is in"]
    assert os.stat(tmp_path / "deep" / "lock").st_size == 0  # noqa: PTH116 the file stays for the third


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (41.2, "41 s"), (99.6, "1 min 40 s"), (270, "4 min 30 s")],
)
def test_times_in_words(seconds: float, words: str):
    assert in_words(seconds) == words


def test_a_step_prints_its_name_messages_result_and_time():
    out = io.StringIO()
    with Steps(out=out).step("java") as step:
        step.report("downloading")
        step.result = "17.0.15"
    assert out.getvalue().splitlines() == [
        "setup: java ...",
        "setup: java: downloading",
        "setup: java: 17.0.15 (0.0 s)",
    ]


def test_a_table_has_aligned_columns_under_a_rule():
    assert table([("tool", "version"), ("Java", "17"), ("Pulumi", "3.259.0")]).splitlines() == [
        "  tool    version",
        "  ------  -------",
        "  Java    17",
        "  Pulumi  3.259.0",
    ]


def test_the_first_version_in_a_text():
    assert first_version("uv 0.13.9 (x86_64)") == (0, 13, 9)
    assert first_version("no version") is None
