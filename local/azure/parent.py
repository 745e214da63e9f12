"""A child process that does not outlive the one that started it."""

import os
import threading
import time


def follow_parent(every: float = 1.0) -> None:
    """End this process when the one that started it is gone, so that a killed engine leaves nothing."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow-parent").start()
