"""The workflows' security rules, read from their files."""

import re
import subprocess
from pathlib import Path

import pytest
from workflow_files import FOLDER, NAMES, PROJECT, events, load, permissions, scripts, steps

FILES = sorted([*FOLDER.glob("*.yml"), *FOLDER.parent.glob("actions/*/action.yml")])
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"


def test_the_workflows_are_these():
    previews = ["preview", "preview-main"]
    others = ["deploy", "deploy-stack", "drift", "ephemeral", "sweep", "teardown", "tests"]
    assert sorted(previews + others) == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_action_is_pinned_by_its_commit(file: Path):
    uses = re.findall(r"uses:\s*(\S+)", file.read_text())
    assert uses
    for action in uses:
        assert action.startswith("./.github/") or re.search(r"@[0-9a-f]{40}$", action), action
        if action.startswith("./"):
            assert (PROJECT / action).exists(), action


@pytest.mark.parametrize("name", NAMES)
def test_no_workflow_runs_a_head_with_the_rights_of_its_base(name: str):
    assert not events(load(name)) & {"pull_request_target", "workflow_run", "issue_comment"}


@pytest.mark.parametrize("name", NAMES)
def test_permissions_are_what_is_needed_and_no_secret_is_used(name: str):
    workflow = load(name)
    allowed = {
        ("contents", "read"),
        ("id-token", "write"),
        ("pull-requests", "read"),
        ("pull-requests", "write"),
    }
    for job in workflow["jobs"].values():
        given = set(permissions(workflow, job).items())
        assert given <= allowed
        # What may write to a pull request has no way to Azure, and the reverse.
        assert not {("id-token", "write"), ("pull-requests", "write")} <= given
    assert "secrets." not in (FOLDER / f"{name}.yml").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_fork_gets_no_token(name: str):
    workflow = load(name)
    if "pull_request" not in events(workflow):
        return
    for job in workflow["jobs"].values():
        if permissions(workflow, job).get("id-token") == "write":
            assert SAME_REPOSITORY in job["if"]


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_keeps_no_credential_and_no_expression_stands_in_a_script(name: str):
    workflow = load(name)
    for _, _, step in steps(workflow):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    # An expression in a script is replaced before the shell reads it: a title or a branch would be code.
    for script in scripts(workflow):
        assert "${{" not in script


@pytest.mark.parametrize("name", NAMES)
def test_every_script_is_bash(name: str):
    for script in scripts(load(name)):
        read = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
        assert (read.returncode, read.stderr) == (0, "")


def test_only_the_job_without_the_branch_s_code_writes_to_the_pull_request():
    workflow = load("preview")
    for name, job in workflow["jobs"].items():
        writes = permissions(workflow, job).get("pull-requests") == "write"
        assert writes == (name == "comment")
        uses = [step.get("uses", "") for step in job["steps"]]
        assert any(use.startswith(("actions/checkout@", "./")) for use in uses) == (not writes)


def test_a_preview_sees_dev_alone_as_the_identity_that_reads():
    job = load("preview")["jobs"]["preview"]
    assert job["env"]["PULUMI_BACKEND_URL"] == "azblob://state-dev"
    assert job["env"]["ARM_CLIENT_ID"] == "${{ vars.PREVIEW_CLIENT_ID }}"
    assert "environment" not in job  # its subject is the pull request, which no other identity accepts
    (command,) = [script for script in scripts(load("preview")) if "pulumi" in script]
    assert "pulumi preview --stack dev " in command and not re.search(r"pulumi (up|destroy|stack)", command)


def test_a_preview_of_prod_is_of_main_and_asks_prod_s_reviewers():
    (job,) = load("preview-main")["jobs"].values()
    assert job["environment"] == "${{ inputs.stack }}" and job["if"] == "github.ref == 'refs/heads/main'"
    assert events(load("preview-main")) == {"workflow_dispatch"}


@pytest.mark.parametrize("name", ["ephemeral", "sweep", "teardown"])
def test_what_belongs_to_pull_requests_stays_in_its_environment(name: str):
    for job in load(name)["jobs"].values():
        if "env" in job:
            assert job["environment"] == "ephemeral"
            assert job["env"]["PULUMI_BACKEND_URL"] == "azblob://state-ephemeral"


def test_a_label_holds_for_one_commit():
    workflow = load("ephemeral")
    assert set(workflow["on"]["pull_request"]["types"]) == {"labeled", "synchronize", "closed"}
    unlabel, up, down = (workflow["jobs"][name] for name in ("unlabel", "up", "down"))
    assert "github.event.action == 'synchronize'" in unlabel["if"]
    assert "DELETE" in unlabel["steps"][0]["run"] and "labels/stack" in unlabel["steps"][0]["run"]
    assert "github.event.action == 'labeled'" in up["if"] and "label.name == 'stack'" in up["if"]
    checkout = next(s for s in up["steps"] if str(s.get("uses", "")).startswith("actions/checkout@"))
    assert checkout["with"]["ref"] == up["env"]["COMMIT"] == "${{ github.event.pull_request.head.sha }}"
    order = [step.get("name", "") for step in up["steps"]]
    assert order.index("Record the commit, before anything of the stack exists") < order.index("Up")
    assert "github.event.action == 'closed'" in down["if"]
    assert down["uses"] == "./.github/workflows/teardown.yml"


def test_a_teardown_runs_the_recorded_commit_and_no_other_stack_s():
    (job,) = load("teardown")["jobs"].values()
    guard, checkout = job["steps"][0], next(s for s in job["steps"] if "checkout" in str(s.get("uses", "")))
    assert guard["run"] == '[[ "$STACK" =~ ^pr-[1-9][0-9]*$ ]]'
    assert checkout["with"]["ref"] == "${{ steps.recorded.outputs.commit }}"
    torn = [s["name"] for s in job["steps"] if "highwater teardown" in s.get("run", "")]
    assert torn == ["Tear down"]
    assert [s.get("name") for s in job["steps"]][-1] == "Forget it"  # only after the proof
    assert load("sweep")["jobs"]["teardown"]["uses"] == "./.github/workflows/teardown.yml"


def test_everybody_gets_the_tests_and_they_get_no_rights():
    workflow = load("tests")
    assert "pull_request" in workflow["on"] and workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in workflow["jobs"]["tests"]["steps"] if "run" in step] == [".ci/run"]
    assert set(workflow["jobs"]) == {"tests", "contracts"}
    assert not any("permissions" in job or "environment" in job for job in workflow["jobs"].values())
