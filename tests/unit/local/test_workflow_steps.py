"""Steps of the workflows, run as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from workflow_files import PROJECT, load, steps


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
