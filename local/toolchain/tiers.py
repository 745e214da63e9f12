"""`python -m local.toolchain.tiers unit spark+services`: the tests by cost, the cheap ones first.

Each tier is one run of pytest; those that need Spark are one tier, so that they share a warm server. Tiers joined by
a + run side by side, since much of them is waiting, and the output of the later ones follows when the first has
ended. All of them run, whatever fails; at the end a table, and last a line in pytest's own form for all tiers
together, which runners read.
"""

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.state import PROJECT
from local.toolchain.__main__ import table
from local.toolchain.steps import in_words

TESTS = PROJECT / "tests"
# A tier's folders under tests/ and the markers that choose among their tests.
TIERS = {
    "unit": (("unit",), "not slow"),
    "spark": (("e2e", "integration"), "(e2e or spark) and not slow and not reliability"),
    "services": (("integration",), "not spark and not slow and not reliability"),
    # Pulumi's provider SDK and Spark's client bring one protobuf name each: they can't share a process.
    "slow-spark": (("e2e", "integration"), "(e2e or spark) and slow"),
    "slow": (("",), "slow and not (e2e or spark)"),
    "console": (("console",), ""),
    "reliability": (("e2e", "integration"), "reliability or counted"),
}


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
    tiers, started = [], time.monotonic()
    for group in names:
        print(f"\ntests: {group} ...", flush=True)
        together = group.split("+")
        with ThreadPoolExecutor(len(together)) as pool:
            tiers += pool.map(run, together, _all_but_first(together))
    head = ("tier", "passed", "failed", "errors", "skipped", "time")
    rows = [(t.name, t.passed, t.failed, t.errors, t.skipped, in_words(t.seconds)) for t in tiers]
    print("\n" + table([head, *(tuple(str(cell) for cell in row) for row in rows)]) + "\n")
    print(closing_line(tiers, time.monotonic() - started), flush=True)
    return 0 if all(tier.ok for tier in tiers) else 1


def _all_but_first(names: list[str]) -> list[bool]:
    return [i > 0 for i in range(len(names))]


def run(name: str, held_back: bool = False) -> Tier:
    """Runs one tier; a tier without tests is not ok.

    What pytest prints is passed on as it comes, or at the end when it is held back.
    """
    folders, markers = TIERS[name]
    with tempfile.TemporaryDirectory() as work:
        results, output = Path(work) / "results.xml", Path(work) / "output.txt"
        started = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--durations=12",
            f"--junitxml={results}",
            "-m",
            markers,
            # unit tests share nothing but the processor
            *(("-n", "auto", "--dist", "loadfile") if name == "unit" else ()),
            *(str(TESTS / folder) for folder in folders),
        ]
        if held_back:
            with output.open("wb") as file:
                status = subprocess.run(
                    command, cwd=PROJECT, stdout=file, stderr=subprocess.STDOUT
                ).returncode
            print(f"\ntests: {name}\n{output.read_text(errors='replace')}", flush=True)
        else:
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


def closing_line(tiers: list[Tier], seconds: float) -> str:
    """`===== 1 failed, 412 passed, 2 skipped in 301.20s =====` over all tiers."""
    words = {"failed": "failed", "passed": "passed", "skipped": "skipped", "errors": "error"}
    sums = {key: sum(getattr(tier, key) for tier in tiers) for key in words}
    said = [
        f"{count} {words[key]}{'s' * (key == 'errors' and count > 1)}" for key, count in sums.items() if count
    ]
    text = f" {', '.join(said) or 'no tests ran'} in {seconds:.2f}s "
    return text.center(80, "=")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
