"""Drives the real Pulumi engine for the stack `local`: Azure's own program on the laptop's providers.

Everything of the stack is under its state folder: PULUMI_HOME with the providers, the backend, copies of the
project's settings, the passphrase, and what the resources stand for. `destroy` removes that folder whole.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pulumi import automation

from local.azure.failures import failure, without_leftovers
from local.azure.locks import StackInUse, only_one, release_stale
from local.azure.steps import OnStep, Steps, Summary, summarized
from local.azure.sweep import end_processes, remove_all, wake
from local.azure.workspace import opened
from local.errors import HighwaterError
from local.state import PROJECT, State

Program = Callable[[], None]
# How long an engine that a killed command left behind is waited for: it ends within seconds on an idle machine.
ORPHAN_SECONDS = 60


class Engine:
    """One local stack: its state, its project's settings and the program that declares it."""

    def __init__(self, state: State, program: Program | None = None, project: Path = PROJECT):
        """`program` is the one that Azure gets; `project` has Pulumi.yaml and Pulumi.local.yaml."""
        self.state = state
        self.project = project
        self._program = program

    def up(self, on_step: OnStep | None = None) -> Summary:
        """Bring the estate to what the program declares.

        Raises:
            HighwaterError: a resource could not be made (which, and why).
            StackInUse: another process is changing the stack.
        """
        with self._operation("up", on_step) as (stack, steps, began):
            wake(self.state)
            _run("up", stack.up, steps)
            return summarized(steps, began)

    def preview(self, on_step: OnStep | None = None) -> Summary:
        """What `up` would do, without doing it.

        Raises:
            HighwaterError: the program fails, or a provider refuses what it declares.
            StackInUse: another process is changing the stack.
        """
        with self._operation("preview", on_step) as (stack, steps, began):
            _run("preview", stack.preview, steps)
            return summarized(steps, began)

    def destroy(self, on_step: OnStep | None = None) -> Summary:
        """Remove the estate, its processes and the state folder, in whatever condition they are.

        The engine deletes what it knows of; then everything that is left goes, so that a stack broken
        half-way can't keep its owner from a fresh start. What the engine could not delete is in `problems`.

        Raises:
            HighwaterError: a file can't be removed.
            StackInUse: another process is changing the stack.
        """
        began, steps, problems = time.monotonic(), Steps(on_step), []
        if not self.state.root.exists():
            return summarized(steps, began)
        with only_one(self.state, "destroy"):
            if (self.state.pulumi_backend / ".pulumi" / "stacks").is_dir():
                problems = self._destroy_by_engine(steps)
            end_processes(self.state)
            remove_all(self.state)
        return summarized(steps, began, tuple(problems))

    def _destroy_by_engine(self, steps: Steps) -> list[str]:
        release_stale(self.state, ORPHAN_SECONDS, steps.wait_for)
        try:
            wake(self.state)
            with opened(self.state, self.project, None) as stack:
                _run("destroy", stack.destroy, steps)
        except StackInUse:
            raise
        except (HighwaterError, automation.CommandError, automation.InvalidVersionError, OSError) as error:
            return [f"The engine could not delete everything; what was left was removed without it.\n{error}"]
        return []

    @contextlib.contextmanager
    def _operation(
        self, name: str, on_step: OnStep | None
    ) -> Iterator[tuple[automation.Stack, Steps, float]]:
        began, steps = time.monotonic(), Steps(on_step)
        with only_one(self.state, name):
            release_stale(self.state, ORPHAN_SECONDS, steps.wait_for)
            with opened(self.state, self.project, self._declare) as stack:
                yield stack, steps, began

    def _declare(self) -> None:
        if self._program is not None:
            return self._program()
        from infra.__main__ import program  # late: it loads every module of the SDKs in use

        return program()


def _run(name: str, operation: Callable, steps: Steps) -> None:
    """Run an engine operation; a failure becomes an error that names the resource and the reason."""
    try:
        with without_leftovers():
            operation(on_event=steps.on_event, color="never")
        steps.wait()
    except automation.ConcurrentUpdateError as error:
        raise StackInUse("an engine that an earlier command started") from error
    except automation.CommandError as error:
        steps.wait()
        raise failure(name, steps.errors, str(error)) from error


def up(state: State, on_step: OnStep | None = None) -> Summary:
    """Bring the local estate to what the project's program declares. See `Engine.up`."""
    return Engine(state).up(on_step)


def preview(state: State, on_step: OnStep | None = None) -> Summary:
    """What `up` would do. See `Engine.preview`."""
    return Engine(state).preview(on_step)


def destroy(state: State, on_step: OnStep | None = None) -> Summary:
    """Remove the local estate to the last file. See `Engine.destroy`."""
    return Engine(state).destroy(on_step)
