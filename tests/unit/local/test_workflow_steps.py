"""Steps of the workflows, run as they stand."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from workflow_files import PROJECT, load, steps

# What `gh api` does with its answer, and how it shows what it was asked for.
GH = """import json, os, pathlib, subprocess, sys
asked = sys.argv[1:]
with open("calls.txt", "a") as calls:
    print(json.dumps(asked), file=calls)
if "--jq" in asked:
    answers = json.loads(os.environ["ANSWERS"])
    path = next(word for word in asked if word.startswith("repos/"))
    if path not in answers:
        sys.exit(f"gh: Not Found (HTTP 404): {path}")
    filter_ = asked[asked.index("--jq") + 1]
    subprocess.run(["jq", "--raw-output", filter_], input=json.dumps(answers[path]), text=True, check=True)
"""
AZ = """import os
print(os.environ["RECORDED"])
"""


@pytest.fixture
def runner(tmp_path: Path):
    """`runner(script, **environment)` runs a step's text as GitHub does, in a folder with `gh` and `az` that answer."""
    for name, code in (("gh", GH), ("az", AZ)):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!{sys.executable}\n{code}")
        tool.chmod(0o755)

    def run(script: str, **given: str) -> subprocess.CompletedProcess:
        known = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        command = ["bash", "-e", "-c", script]
        return subprocess.run(command, cwd=tmp_path, env=known | given, capture_output=True, text=True)

    return run


def comment(runner, tmp_path: Path, text: bytes, there: list[dict]) -> tuple[str, str]:
    """What the preview's comment step asks GitHub for last, and the comment that it wrote."""
    (step,) = [s["run"] for _, _, s in steps(load("preview")) if s.get("name") == "Write the one comment"]
    (tmp_path / "preview.txt").write_bytes(text)
    answers = {"repos/o/r/issues/12/comments": there}
    names = {"GITHUB_REPOSITORY": "o/r", "NUMBER": "12", "COMMIT": "c0ffee", "RESULT": "success"}
    done = runner(step, ANSWERS=json.dumps(answers), **names)
    assert done.returncode == 0, done.stderr
    _, last = map(json.loads, (tmp_path / "calls.txt").read_text().splitlines())
    return " ".join(last), (tmp_path / "body.md").read_bytes().decode()


def a_comment(number: int, user: str, body: str) -> dict:
    return {"id": number, "user": {"login": user}, "body": body}


def test_the_preview_s_own_comment_is_edited(runner, tmp_path: Path):
    mark = "<!-- highwater preview -->\nPreview of"
    there = [
        a_comment(1, "somebody", mark),  # whoever copies it is not answered in their own comment
        a_comment(2, "github-actions[bot]", "another job's"),
        a_comment(3, "github-actions[bot]", mark),
        a_comment(4, "github-actions[bot]", mark),
    ]
    last, body = comment(runner, tmp_path, b"+ one\n", there)
    assert last == "api --method PATCH repos/o/r/issues/comments/3 --field body=@body.md --silent"
    assert body == (
        "<!-- highwater preview -->\nPreview of stack `dev` at c0ffee: success\n\n"
        "<details><summary>What would change</summary>\n\n```diff\n+ one\n\n```\n</details>\n"
    )


def test_a_first_preview_makes_the_comment(runner, tmp_path: Path):
    there = [a_comment(1, "somebody", "<!-- highwater preview -->")]
    last, _ = comment(runner, tmp_path, b"+ one\n", there)
    assert last == "api --method POST repos/o/r/issues/12/comments --field body=@body.md --silent"


@pytest.mark.parametrize(("inside", "fence"), [("no", 3), ("a ``` b", 4), ("`` ``````` `", 8)])
def test_nothing_in_a_preview_closes_its_fence(runner, tmp_path: Path, inside: str, fence: int):
    _, body = comment(runner, tmp_path, f"{inside}\n</details>\n".encode(), [])
    lines = body.splitlines()
    assert lines.count("`" * fence) == lines.count("`" * fence + "diff") == 1


@pytest.mark.parametrize("before", [59998, 59999])
def test_a_cut_leaves_whole_characters(runner, tmp_path: Path, before: int):
    _, body = comment(runner, tmp_path, b"x" * before + "\N{EURO SIGN}".encode() * 9, [])
    assert body.count("x") == before and not body.count("\N{EURO SIGN}")


def sweep(runner, tmp_path: Path, recorded: dict[str, int], states: dict[int, str]) -> tuple[int, str]:
    """The nightly step: its status and output, for the days since each record and the pull requests' states."""
    (step,) = [s["run"] for _, _, s in steps(load("sweep")) if s.get("id") == "find"]
    now = datetime.now(UTC)
    lines = [
        f"{name}\t{(now - timedelta(days=age, hours=1)).isoformat(timespec='seconds')}"
        for name, age in recorded.items()
    ]
    answers = {f"repos/o/r/pulls/{number}": {"state": state} for number, state in states.items()}
    output = tmp_path / "output.txt"
    output.write_text("")
    given = {"RECORDED": "\n".join(lines), "ANSWERS": json.dumps(answers), "GITHUB_OUTPUT": str(output)}
    done = runner(step, DAYS="7", GITHUB_REPOSITORY="o/r", **given)
    return done.returncode, output.read_text()


def test_a_sweep_takes_what_is_closed_or_old_and_never_what_is_fresh(runner, tmp_path: Path):
    recorded = {
        "commits/pr-1": 0,
        "commits/pr-2": 8,
        "commits/pr-3": 0,
        "commits/pr-4": 6,
        "commits/pr-5": 30,
    }
    others = {"commits/dev": 30, "commits/pr-0": 30, "commits/pr-6-x": 30}
    states = {1: "closed", 2: "open", 3: "open", 4: "open", 5: "closed"}
    found = sweep(runner, tmp_path, recorded | others, states)
    assert found == (0, 'stacks=["pr-1","pr-2","pr-5"]\n')


def test_a_sweep_with_nothing_to_take_says_so(runner, tmp_path: Path):
    assert sweep(runner, tmp_path, {"commits/pr-3": 0}, {3: "open"}) == (0, "stacks=[]\n")


def test_a_sweep_that_is_not_told_a_state_takes_nothing(runner, tmp_path: Path):
    status, output = sweep(runner, tmp_path, {"commits/pr-1": 0, "commits/pr-2": 0}, {1: "closed"})
    assert status != 0 and output == ""


def test_a_destructive_change_of_a_contract_fails_a_pull_request_until_its_label_names_the_table(tmp_path):
    """The step as it stands, in a repository whose head narrows a column."""
    step = next(s for _, _, s in steps(load("tests")) if "contracts plan" in s.get("run", ""))
    repository, base = tmp_path / "head", tmp_path / "base"
    contracts = base / "contracts"
    contracts.mkdir(parents=True)
    for file in (PROJECT / "contracts").glob("*.yaml"):
        (contracts / file.name).write_bytes(file.read_bytes())
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(base)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    subprocess.run(["git", "clone", "-q", str(base), str(repository)], check=True)
    highwater = repository / ".venv" / "bin" / "highwater"
    highwater.parent.mkdir(parents=True)
    highwater.symlink_to(Path(sys.executable).with_name("highwater"))
    zone = repository / "contracts" / "zone.yaml"
    text = (contracts / "zone.yaml").read_text()
    harmless = re.sub(r"^owner:.*$", "owner: somebody else", text, flags=re.M)
    narrower = text.replace("service_zone, type: varchar(32)", "service_zone, type: varchar(16)")
    # The project's own folder is where the command was installed from: here it is the clone's.
    script = step["run"].replace("contracts plan", f"contracts plan --directory {zone.parent}")
    found = []
    for content, labels in ((harmless, []), (narrower, ["bug"]), (narrower, ["bug", "replace:zone"])):
        assert content != text
        zone.write_text(content)
        work = tmp_path / f"runner{len(found)}"
        work.mkdir()
        given = {"BASE": commit.stdout.strip(), "LABELS": json.dumps(labels), "RUNNER_TEMP": str(work)}
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True, env=os.environ | given)
        found.append((done.returncode, done.stdout + done.stderr))
    assert [status for status, _ in found] == [0, 1, 0], found
    assert "varchar(16)" in found[1][1] and "--replace zone" in found[1][1]
