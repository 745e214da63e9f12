"""A run that dies: runs a pipeline of the stack in argv[1] and kills its own process at a step.

argv[2] is the end of the step's name, such as `Copy window:progress`; argv[3] which of these steps it is.
"""

import os
import signal
import sys
from pathlib import Path

from local.factory import open_runtime
from local.stack import LocalStack
from local.state import State


def main() -> None:
    root, step, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    seen = []

    def die(name: str) -> None:
        if name.endswith(step):
            seen.append(name)
            if len(seen) == number:
                os.kill(os.getpid(), signal.SIGKILL)

    open_runtime(LocalStack.open(State(root)), on_step=die).run("ingest", {})


if __name__ == "__main__":
    main()
