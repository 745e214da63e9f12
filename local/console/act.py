"""What the console does: runs a pipeline, starts and stops a trigger. The same code as the command line's."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra import trigger_plane
from local.azure.trigger_states import LaptopTriggers
from local.errors import HighwaterError
from local.factory import rerun_pipeline, run_pipeline
from local.stack import LocalStack


@dataclass
class Started:
    """A run that this console began: `error` is why it could not start, or that it failed."""

    what: str
    ended: bool = False
    error: str = ""


@dataclass
class Act:
    """Actions on one stack. Runs go on in threads of their own, whatever page is looked at."""

    stack: LocalStack
    started: list[Started] = field(default_factory=list)

    def run(self, pipeline: str, parameters: Mapping[str, str]) -> Started:
        """Begin a run of a declared pipeline."""
        return self._begin(f"{pipeline}", lambda: run_pipeline(self.stack, pipeline, parameters, None))

    def rerun(self, run_id: str) -> Started:
        """Begin an earlier run again, from its start: what it began in the ledger ended with it."""
        return self._begin(
            f"re-run of {run_id[:8]}", lambda: rerun_pipeline(self.stack, run_id, None, from_start=True)
        )

    def trigger(self, name: str, state: str) -> str:
        """Bring a trigger to `Started` or `Stopped`, and give its state.

        Raises:
            HighwaterError: there is none of that name.
        """
        found = {record.name: record for record in self.stack.registry.all(trigger_plane.TOKEN)}
        if name not in found:
            raise HighwaterError(
                f"The stack has no trigger {name}", f"there are: {', '.join(found)}", "Run `highwater up`."
            )
        plane = LaptopTriggers(self.stack.state)
        trigger_plane.bring(plane, found[name].id, state)
        return plane.state(found[name].id)

    def _begin(self, what: str, work) -> Started:
        begun = Started(what)
        self.started.append(begun)
        threading.Thread(target=self._work, args=(begun, work), name=what, daemon=True).start()
        return begun

    @staticmethod
    def _work(begun: Started, work) -> None:
        try:
            result = work()
            if result.status != "Succeeded":
                begun.error = f"{result.status}: {result.message}"
        except Exception as error:  # whatever it is, it belongs on the page, not in a dead thread
            begun.error = str(error)
        finally:
            begun.ended = True
