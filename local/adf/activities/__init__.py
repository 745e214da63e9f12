"""The activities, a module for each kind. Importing this declares them all."""

from local.adf.activities import (  # noqa: F401
    containers,
    copying,
    deleting,
    jobs,
    lookups,
    metadata,
    pipelines,
    scripts,
    variables,
    web,
)
