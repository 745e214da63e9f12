"""`python -m local.toolchain.tiers unit integration e2e`: the tests by cost, the cheap ones first.

Each tier is one run of pytest over one folder. All of them run, whatever fails; at the end a table, and last
a line in pytest's own form for all tiers together, which runners read.
"""

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from local.state import PROJECT
from local.toolchain.__main__ import table
from local.toolchain.steps import in_words

TESTS = PROJECT / "tests"


@dataclass(frozen=True)
class Tier:
    """How one tier went. `ok` is pytest's own word, which also covers what is no test's failure."""

    name: str
    passed: int
    failed: int
    errors: int
    skipped: int
    seconds: float
    ok: bool


def main(names: list[str]) -> int:
    """Exit status 0 when every test of every tier passed."""
    tiers = []
    for name in names:
        print(f"\ntests: {name} ...", flush=True)
        tiers.append(run(name, TESTS / name))
    head = ("tier", "passed", "failed", "errors", "skipped", "time")
    rows = [(t.name, t.passed, t.failed, t.errors, t.skipped, in_words(t.seconds)) for t in tiers]
    print("\n" + table([head, *(tuple(str(cell) for cell in row) for row in rows)]) + "\n")
    print(closing_line(tiers), flush=True)
    return 0 if all(tier.ok for tier in tiers) else 1


def run(name: str, folder: Path) -> Tier:
    """Runs one tier; what pytest prints is passed on as it comes. A tier without tests is not ok."""
    with tempfile.TemporaryDirectory() as work:
        results = Path(work) / "results.xml"
        started = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--durations=5",
            f"--junitxml={results}",
            str(folder),
        ]
        status = subprocess.run(command, cwd=PROJECT).returncode
        counts = counted(results.read_text()) if results.exists() else {}
    return Tier(
        name,
        counts.get("passed", 0),
        counts.get("failed", 0),
        # what went wrong outside of any test, as a file that can't be imported or an option that is not known
        counts.get("errors", 0) or int(status not in (0, 1)),
        counts.get("skipped", 0),
        time.monotonic() - started,
        status == 0,
    )


def counted(junit: str) -> dict[str, int]:
    """How many tests passed, failed, could not be set up, were skipped, in pytest's report."""
    suites = ElementTree.fromstring(junit).iter("testsuite")
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in suites:
        for key in total:
            total[key] += int(suite.get(key, 0))
    passed = total["tests"] - total["failures"] - total["errors"] - total["skipped"]
    return {
        "passed": passed,
        "failed": total["failures"],
        "errors": total["errors"],
        "skipped": total["skipped"],
    }


def closing_line(tiers: list[Tier]) -> str:
    """`===== 1 failed, 412 passed, 2 skipped in 301.20s =====` over all tiers."""
    words = {"failed": "failed", "passed": "passed", "skipped": "skipped", "errors": "error"}
    sums = {key: sum(getattr(tier, key) for tier in tiers) for key in words}
    said = [
        f"{count} {words[key]}{'s' * (key == 'errors' and count > 1)}" for key, count in sums.items() if count
    ]
    text = f" {', '.join(said) or 'no tests ran'} in {sum(tier.seconds for tier in tiers):.2f}s "
    return text.center(80, "=")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
