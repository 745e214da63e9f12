"""What runs Databricks jobs for the runtime: given to it, so that it knows nothing of how that is done."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class JobResult:
    """How a job run ended.

    Attributes:
        state: SUCCESS, or anything else for a failure.
        message: why it failed; empty when it did not.
    """

    run_id: str
    run_page_url: str
    state: str
    message: str = ""


class JobRunner(Protocol):
    """Runs a job and waits for it."""

    def run(
        self,
        job_id: str,
        parameters: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        timeout: float | None,
        cancel: threading.Event,
    ) -> JobResult:
        """Run the job of this id.

        Args:
            on_line: hears what the job prints, a line at a time.
            timeout: seconds after which the run is ended, None for no limit.
            cancel: set when the run is to be ended.
        """
        ...
