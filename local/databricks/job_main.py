"""The process of one job run: waits for its turn, calls the wheel's entry point, leaves the result.

Started by path with a Python that sees the standard library, the job's wheels and the installed packages, and
not this project: so it imports nothing of ours. Its one argument is the run's folder.
"""

import fcntl
import importlib
import json
import math
import os
import signal
import sys
import time
import traceback
from pathlib import Path


def main(folder: Path) -> int:
    """Exit status 0 when the run succeeded."""
    spec = json.loads((folder / "spec.json").read_text())
    # Locked by who started us and held while we live: so others see that we do. Not for children of ours.
    os.set_inheritable(spec["alive"], False)
    os.pwrite(spec["alive"], str(os.getpid()).encode(), 0)
    if not take_turn(Path(spec["turns"]), spec["max_concurrent"], spec["queue"]):
        return leave(folder, "FAILED", "skipped: the job has as many runs as it may, and no queue")
    if spec["timeout"] is not None:
        # The signal's own effect ends us, even while a call into a library hangs.
        signal.alarm(math.ceil(spec["timeout"]))
    sys.argv = [spec["entry_point"], *spec["arguments"]]
    try:
        getattr(importlib.import_module(spec["module"]), spec["function"])()
    except SystemExit as ending:
        if ending.code in (None, 0):
            return leave(folder, "SUCCESS", "")
        if isinstance(ending.code, int):
            return leave(folder, "FAILED", f"exit status {ending.code}")
        print(ending.code, flush=True)
        return leave(folder, "FAILED", str(ending.code))
    except BaseException as error:
        traceback.print_exc()
        return leave(folder, "FAILED", f"{type(error).__name__}: {error}".splitlines()[0])
    return leave(folder, "SUCCESS", "")


def take_turn(folder: Path, turns: int, queue: bool) -> bool:
    """Takes one of the job's `turns`, as a lock that ends with this process; waits for it if `queue`."""
    folder.mkdir(parents=True, exist_ok=True)
    handles = [os.open(folder / f"{turn}.lock", os.O_RDWR | os.O_CREAT, 0o600) for turn in range(turns)]
    told = False
    while True:
        for handle in handles:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                continue
        if not queue:
            return False
        if not told:
            print(f"queued: {turns} run(s) of this job are at work", flush=True)
            told = True
        time.sleep(0.2)


def leave(folder: Path, state: str, message: str) -> int:
    """Writes the result whole or not at all."""
    sys.stdout.flush()
    sys.stderr.flush()
    fresh = folder / "result.new"
    fresh.write_text(json.dumps({"state": state, "message": message}))
    fresh.replace(folder / "result.json")
    return 0 if state == "SUCCESS" else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
