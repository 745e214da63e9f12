"""Executes Data Factory pipelines on the laptop, from the JSON that was declared.

It knows nothing of what the pipelines are for: hand it definitions, and what runs Databricks jobs.
"""

from local.adf.connectors.web import WebAccess
from local.adf.definition import Factory
from local.adf.errors import DefinitionError, RunRefused
from local.adf.runtime.events import ActivityRun, Event, PipelineRun
from local.adf.runtime.jobs import JobResult, JobRunner
from local.adf.runtime.records import read_run, read_runs
from local.adf.runtime.runtime import Runtime

__all__ = [
    "ActivityRun",
    "DefinitionError",
    "Event",
    "Factory",
    "JobResult",
    "JobRunner",
    "PipelineRun",
    "RunRefused",
    "Runtime",
    "WebAccess",
    "read_run",
    "read_runs",
]
