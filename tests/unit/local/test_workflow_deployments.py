"""What the workflows deploy, in which order, and as whom."""

import pytest
from workflow_files import FOLDER, NAMES, load, permissions, scripts


def test_one_and_the_same_archive_goes_from_dev_to_staging_to_prod():
    workflow = load("deploy")
    jobs = workflow["jobs"]
    assert set(workflow["on"]) == {"push", "workflow_dispatch"} and workflow["on"]["push"]["branches"] == [
        "main"
    ]
    assert jobs["artefact"]["if"] == "github.ref == 'refs/heads/main'"
    assert jobs["artefact"]["needs"] == "tests"
    needs = {"dev": "artefact", "staging": ["artefact", "dev"], "prod": ["artefact", "staging"]}
    for stack, before in needs.items():
        assert jobs[stack]["needs"] == before
        assert jobs[stack]["with"] == {"stack": stack, "digest": "${{ needs.artefact.outputs.digest }}"}
    (job,) = load("deploy-stack")["jobs"].values()
    assert job["environment"] == "${{ inputs.stack }}"  # prod's and staging's have their approvals
    assert job["if"] == "github.ref == 'refs/heads/main'"
    assert job["runs-on"] == "${{ fromJSON(vars.RUNNERS || '{}')[inputs.stack] || 'ubuntu-24.04' }}"
    assert not any("checkout" in str(step.get("uses", "")) for step in job["steps"])
    assert "sha256sum --check" in job["steps"][1]["run"]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "ARM_CLIENT_ID" in (FOLDER / f"{name}.yml").read_text()]
)
def test_whoever_deploys_keeps_its_login_for_as_long_as_the_job_runs(name: str):
    """The assertion that `az login` is given ends after minutes; what asks for a new one each time does not."""
    for job in load(name)["jobs"].values():
        if "env" not in job:
            continue
        env = job["env"]
        assert env["DATABRICKS_AUTH_TYPE"] == "github-oidc-azure" and env["ARM_USE_OIDC"] == "true"
        # The Databricks provider and infra.github_oidc read these two, and the endpoint that id-token gives.
        assert {"ARM_CLIENT_ID", "ARM_TENANT_ID"} <= set(env)
        assert permissions(load(name), job)["id-token"] == "write"


@pytest.mark.parametrize(("name", "late"), [("deploy-stack", "powerbi.publish"), ("teardown", "blob delete")])
def test_what_asks_az_late_in_a_job_comes_after_a_login_of_its_own(name: str, late: str):
    (job,) = load(name)["jobs"].values()
    (number,) = [n for n, step in enumerate(job["steps"]) if late in step.get("run", "")]
    before, step = job["steps"][number - 1], job["steps"][number]
    assert before["uses"].startswith("azure/login@") and before["if"] == step["if"]


def test_nothing_reaches_dev_before_every_test_has_passed_on_the_same_commit():
    jobs, tests = load("deploy")["jobs"], load("tests")
    assert jobs["tests"] == {
        "if": "github.ref == 'refs/heads/main'",
        "permissions": {"contents": "read"},
        "uses": "./.github/workflows/tests.yml",
    }
    # Called by the deployment, and by nothing else for main: the same commit is tested once.
    assert set(tests["on"]) == {"pull_request", "workflow_call"}
    # A push to main must not cancel the tests of the deployment before it.
    assert "github.run_id" in tests["concurrency"]["group"]

    def before(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*map(before, direct))

    assert all("tests" in before(stack) for stack in ("artefact", "dev", "staging", "prod"))


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
