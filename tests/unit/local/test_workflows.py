"""The workflows' security rules, read from their files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
FOLDER = PROJECT / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
FILES = sorted([*FOLDER.glob("*.yml"), *FOLDER.parent.glob("actions/*/action.yml")])
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"


def load(name: str) -> dict:
    # YAML 1.1 reads the key `on` as true.
    found = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def events(workflow: dict) -> set[str]:
    on = workflow["on"]
    return {on} if isinstance(on, str) else set(on)


def steps(workflow: dict) -> list[tuple[str, dict, dict]]:
    return [(name, job, step) for name, job in workflow["jobs"].items() for step in job.get("steps", ())]


def permissions(workflow: dict, job: dict) -> dict[str, str]:
    found = job.get("permissions", workflow.get("permissions"))
    assert isinstance(found, dict), "a workflow without permissions has those of the repository"
    return found


def scripts(workflow: dict) -> list[str]:
    return [step["run"] for _, _, step in steps(workflow) if "run" in step]


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


def test_one_and_the_same_archive_goes_from_dev_to_staging_to_prod():
    workflow = load("deploy")
    jobs = workflow["jobs"]
    assert set(workflow["on"]) == {"push", "workflow_dispatch"} and workflow["on"]["push"]["branches"] == [
        "main"
    ]
    assert jobs["artefact"]["if"] == "github.ref == 'refs/heads/main'"
    needs = {"dev": "artefact", "staging": ["artefact", "dev"], "prod": ["artefact", "staging"]}
    for stack, before in needs.items():
        assert jobs[stack]["needs"] == before
        assert jobs[stack]["with"] == {"stack": stack, "digest": "${{ needs.artefact.outputs.digest }}"}
    (job,) = load("deploy-stack")["jobs"].values()
    assert job["environment"] == "${{ inputs.stack }}"  # prod's and staging's have their approvals
    assert job["if"] == "github.ref == 'refs/heads/main'"
    assert not any("checkout" in str(step.get("uses", "")) for step in job["steps"])
    assert "sha256sum --check" in job["steps"][1]["run"]


@pytest.mark.parametrize("name", ["deploy-stack", "ephemeral"])
def test_triggers_are_brought_to_their_state_after_a_deployment_that_failed_too(name: str):
    found = 0
    for job in load(name)["jobs"].values():
        commands = [step.get("run", "") for step in job.get("steps", ())]
        for number, command in enumerate(commands):
            if "pulumi up" in command:
                after = job["steps"][number + 1]
                assert after["if"] == "always()"
                assert after["run"] == 'highwater triggers ensure --stack "$STACK"'
                found += 1
    assert found == 1


def test_nothing_is_previewed_or_deployed_past_the_policies():
    commands = [
        line.strip()
        for name in ("preview", "preview-main", "ephemeral", "deploy-stack")
        for script in scripts(load(name))
        for line in script.splitlines()
        if "pulumi up" in line or "pulumi preview" in line
    ]
    assert len(commands) == 4 and all("--policy-pack policy " in command for command in commands)


def test_drift_is_looked_for_every_night_and_nothing_is_changed():
    workflow = load("drift")
    assert workflow["on"]["schedule"] and load("sweep")["on"]["schedule"]
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["stack"] == ["dev", "staging", "prod"]
    assert (
        job["environment"] == "drift"
    )  # neither prod's, whose approval nobody gives at night, nor its identity
    (command,) = [s for s in scripts(workflow) if "pulumi" in s]
    assert command.startswith("pulumi preview ") and "--expect-no-changes" in command


def test_everybody_gets_the_tests_and_they_get_no_rights():
    workflow = load("tests")
    assert "pull_request" in workflow["on"] and workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in workflow["jobs"]["tests"]["steps"] if "run" in step] == [".ci/run"]
    assert set(workflow["jobs"]) == {"tests", "contracts"}
    assert not any("permissions" in job or "environment" in job for job in workflow["jobs"].values())


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
