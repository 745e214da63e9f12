"""Becomes another program that ends with its parent: `python -IS tied.py PROGRAM ARGUMENT...`.

The engine is tied to the command that started it. A command that is killed can't tell it to stop, and an
engine without its program could only wait, holding the stack's lock. Run by path, without site packages: it
starts with each call of the engine.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # it may have gone before it was watched
        os.execv(sys.argv[1], sys.argv[1:])
