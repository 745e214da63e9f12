"""`python -m local.toolchain.reliability`: faults at every point, many random histories, bad inputs; then the figures.

The tests that carry the marker `reliability` tell what they tried, one JSON line each, in the file that
HIGHWATER_RELIABILITY_REPORT names. A test compares source and lake row by row and fails at the first row that is lost
or doubled, so both figures are 0 exactly when all of them passed.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from local.state import PROJECT
from local.toolchain import tiers
from local.toolchain.__main__ import table

REPORT = "HIGHWATER_RELIABILITY_REPORT"
RESULT = PROJECT / "build" / "reliability.json"


def summary(lines: str, ok: bool, seconds: float) -> dict:
    """What was tried, by kind, from the report's lines. `lost` and `doubled` are None where a test failed: unknown.

    `enumerated` is how many there are of a kind that can be counted, such as points at which a run can break.
    """
    tried: Counter[str] = Counter()
    enumerated: Counter[str] = Counter()
    for line in lines.splitlines():
        told = json.loads(line)
        tried[told["kind"]] += told["count"]
        enumerated[told["kind"]] += told.get("enumerated", 0)
    none = 0 if ok and tried else None
    return {
        "ok": ok,
        "seconds": round(seconds),
        "tried": dict(sorted(tried.items())),
        "enumerated": {kind: count for kind, count in sorted(enumerated.items()) if count},
        "lost": none,
        "doubled": none,
    }


def main() -> int:
    """Exit status 0 when nothing was lost and nothing doubled."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        report.touch()
        os.environ[REPORT] = str(report)
        status = tiers.main(["reliability"])
        found = summary(report.read_text(), status == 0, time.monotonic() - began)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    unknown = "unknown: a test failed, see above"
    rows = [("tried", "count")]
    for kind, count in found["tried"].items():
        of = found["enumerated"].get(kind)
        rows.append((kind, f"{count} of {of}" if of else str(count)))
    rows += [(key, unknown if found[key] is None else str(found[key])) for key in ("lost", "doubled")]
    print(f"\n{table(rows)}\n\nwritten to {RESULT.relative_to(PROJECT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
