"""Pipelines, datasets and linked services as they were declared."""

from local.adf.definition.model import Activity, Dataset, Dependency, Factory, LinkedService, Pipeline

__all__ = ["Activity", "Dataset", "Dependency", "Factory", "LinkedService", "Pipeline"]
