"""The activities, a module for each kind. Importing this declares them all."""

from local.adf.activities import containers, copying, jobs, lookups, pipelines, scripts, variables  # noqa: F401
