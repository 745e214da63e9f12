"""Runs pipelines."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import local.adf.activities  # noqa: F401  (declares what performs each type)
from local.adf.connectors.web import WebAccess
from local.adf.definition import Factory
from local.adf.errors import RunRefused, RunStopped
from local.adf.runtime.events import Listener, PipelineRun
from local.adf.runtime.frame import Settings
from local.adf.runtime.jobs import JobRunner
from local.adf.runtime.records import SECRET
from local.adf.runtime.reuse import Find, Reuse
from local.adf.runtime.runner import run_pipeline
from local.adf.runtime.stop import Stop
from local.adf.validation import validate


class Runtime:
    """Executes the pipelines of a factory as the service would.

    Args:
        factory: what was declared.
        runs_dir: where the record of each run goes, one file `<run id>.jsonl`.
        jobs: what runs Databricks jobs; a pipeline with one is refused without it.
        listener: hears every event, from several threads.
        locks_dir: the locks of pipelines' concurrency; shared by all processes, `runs_dir`/locks by default.
        on_step: see Settings: the hook of fault tests.
        sleep: see Settings.
        recorded, web: see Settings.
    """

    def __init__(
        self,
        factory: Factory,
        runs_dir: Path,
        jobs: JobRunner | None = None,
        listener: Listener | None = None,
        *,
        locks_dir: Path | None = None,
        on_step: Callable[[str], None] | None = None,
        sleep: Callable[[float, Stop], object] | None = None,
        recorded: Callable[[Path], None] | None = None,
        web: WebAccess | None = None,
    ):
        self._settings = Settings(
            factory=factory,
            runs_dir=runs_dir,
            locks_dir=locks_dir or runs_dir / "locks",
            jobs=jobs,
            listener=listener,
            on_step=on_step,
            sleep=sleep or (lambda seconds, stop: stop.wait(seconds)),
            recorded=recorded,
            web=web or WebAccess(),
        )
        self._stop = Stop()

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, object] | None = None,
        *,
        trigger: Mapping[str, object] | None = None,
        run_id: str | None = None,
    ) -> PipelineRun:
        """Run a pipeline to its end. Whether it succeeded is the `status` of what is returned.

        Args:
            trigger: TriggerName, TriggerType and so on, what pipeline() shows of them.
            run_id: the id that the run gets; a new one by default.

        Raises:
            DefinitionError: it, or a pipeline that it executes, can't run as declared.
            RunRefused: parameters are missing or wrong, or too many runs of it wait.
        """
        return self._run(pipeline, parameters or {}, trigger=trigger or {}, run_id=run_id)

    def rerun(self, run: PipelineRun, find: Find, *, from_start: bool = False) -> PipelineRun:
        """Run a pipeline again, with the parameters of an earlier run and in its group.

        Args:
            find: gives a recorded run by its id (KeyError when there is none), for the pipelines it executed.
            from_start: run everything; else what succeeded is taken over (see `reuse`).

        Raises:
            DefinitionError, RunRefused: as `run`; or what it needs of the earlier run was never recorded.
        """
        for name, value in run.parameters.items():
            if value == SECRET:
                raise RunRefused(
                    f"The run {run.run_id} can't be run again.",
                    f"Its parameter '{name}' is secure: its value was never recorded.",
                    f"Start the pipeline {run.pipeline} anew, with a value for it.",
                )
        if run.status in ("InProgress", "Queued"):
            raise RunRefused(
                f"The run {run.run_id} is still under way.", f"It is {run.status}.", "Wait for its end."
            )
        if not from_start and run.status == "Succeeded":
            raise RunRefused(
                f"Nothing failed in the run {run.run_id}.",
                f"The pipeline {run.pipeline} succeeded.",
                "Run all of it again, from its start.",
            )
        found = self._settings.factory.pipeline(run.pipeline)
        reuse = None if from_start or found is None else Reuse.of(run, found, find)
        return self._run(run.pipeline, run.parameters, recovers=run, reuse=reuse)

    def _run(self, pipeline: str, parameters: Mapping[str, object], **options: Any) -> PipelineRun:
        warnings = validate(self._settings.factory, pipeline, has_jobs=self._settings.jobs is not None)
        found = self._settings.factory.pipeline(pipeline)
        assert found is not None  # validated
        try:
            return run_pipeline(self._settings, found, parameters, self._stop, warnings=warnings, **options)
        except RunStopped as stopped:
            self._stop.set("cancelled")
            raise stopped.cause from None
        except KeyboardInterrupt:
            self._stop.set("cancelled")
            raise

    def cancel(self) -> None:
        """End whatever runs: databases and jobs are told to stop, nothing more is started."""
        self._stop.set("cancelled")

    def join(self) -> None:
        """Wait for the pipelines that were executed without waiting for them."""
        while self._settings.threads:
            self._settings.threads.pop().join()
