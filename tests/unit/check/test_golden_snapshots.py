"""The golden snapshots: what a change of the program changes in a stack is a diff to review."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from local.check.snapshot import FOLDER, file_of, snapshot

STACKS = ("local", "dev", "staging", "prod", "pr-7")


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_declares_what_its_snapshot_says(stack: str, estate: Callable):
    kept = file_of(stack).read_text() if file_of(stack).exists() else ""
    found = snapshot(estate(stack))
    changes = list(
        difflib.unified_diff(kept.splitlines(), found.splitlines(), "kept", "declared", "", "", 2, "")
    )
    if changes:
        told = "\n".join(changes[:60])
        more = f"\n... {len(changes) - 60} more lines" if len(changes) > 60 else ""
        pytest.fail(
            f"Stack {stack} declares something else than {file_of(stack).name}:\n{told}{more}\n"
            "If that is meant, refresh the snapshots and review their diff: make golden",
            pytrace=False,
        )


def test_there_is_a_snapshot_for_each_stack_and_no_other():
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(STACKS)


def test_options_are_in_it_and_every_resource(estate: Callable):
    resources = estate("prod")
    shown = yaml.safe_load(snapshot(resources))
    assert len(shown) == len(resources)
    (lake,) = [
        found for name, found in shown.items() if name.endswith("azure-native:storage:StorageAccount::lake")
    ]
    assert lake["options"]["protect"] is True
    assert lake["options"]["parent"] == "highwater:infra:Lake::lake"
    assert lake["inputs"]["allowSharedKeyAccess"] is False


def test_a_changed_property_or_option_shows(estate: Callable):
    before = snapshot(estate("dev"))
    for change in (
        lambda r: r["inputs"].update(allowSharedKeyAccess=True),
        lambda r: r["options"].update(protect=True),
        lambda r: r["options"].pop("dependsOn"),
    ):
        resources = estate("dev")
        change(next(r for r in resources if r["type"] == "azure-native:storage:StorageAccount"))
        changed = [
            line
            for line in difflib.ndiff(before.splitlines(), snapshot(resources).splitlines())
            if line[0] in "+-"
        ]
        assert 1 <= len(changed) <= 4, changed


def test_a_long_script_is_its_digest_and_its_first_line(estate: Callable):
    resources = estate("dev")
    script = next(
        r for r in resources if r["type"].endswith(":SqlScript") and len(r["inputs"]["script"]) > 1000
    )
    name = next(name for name in yaml.safe_load(snapshot([script])))
    before = yaml.safe_load(snapshot([script]))[name]["inputs"]["script"]
    assert before.startswith("sha256 ")
    assert len(before) < 130
    script["inputs"]["script"] += " -- one more"
    after = yaml.safe_load(snapshot([script]))[name]["inputs"]["script"]
    assert after.split()[1] != before.split()[1]
    assert after.partition(":")[2] == before.partition(":")[2]


def test_the_wheel_s_bytes_and_digest_are_not_in_it(estate: Callable):
    text = snapshot(estate("dev"))
    wheel = next(r for r in estate("dev") if r["type"].endswith(":WorkspaceFile"))
    assert wheel["inputs"]["contentBase64"][:60] not in text
    assert Path(wheel["inputs"]["path"]).parent.name not in text
    assert "/Shared/highwater/dev/(digest)/highwater_transforms-" in text
