"""Checks that what a pipeline names is declared: datasets, linked services, pipelines, variables."""

from collections.abc import Iterator, Mapping

from local.adf.connectors import lake, postgres
from local.adf.definition import Activity, Factory, Pipeline
from local.adf.validation.copies import check_text
from local.adf.validation.findings import Findings

DATASETS = {
    "AzurePostgreSqlTable": postgres.LINKED_SERVICE,
    "Parquet": lake.LINKED_SERVICE,
    "Json": lake.LINKED_SERVICE,
    "DelimitedText": lake.LINKED_SERVICE,
    "Binary": lake.LINKED_SERVICE,
}
LINKED_SERVICES = (postgres.LINKED_SERVICE, lake.LINKED_SERVICE, "AzureDatabricks")
_SOURCE_DATASETS = {
    "AzurePostgreSqlSource": "AzurePostgreSqlTable",
    "JsonSource": "Json",
    "ParquetSource": "Parquet",
    "DelimitedTextSource": "DelimitedText",
    "BinarySource": "Binary",
    "ParquetSink": "Parquet",
    "BinarySink": "Binary",
}


def check_references(factory: Factory, pipeline: Pipeline, findings: Findings) -> None:
    """Every reference of every activity."""
    for activity in pipeline.walk():
        for what in _faults(factory, pipeline, activity):
            findings.add(pipeline.name, activity.name, what)


def _faults(factory: Factory, pipeline: Pipeline, activity: Activity) -> Iterator[str]:
    for side, reference in _datasets(activity):
        yield from _dataset_faults(factory, activity, side, reference)
    if activity.linked_service is not None:
        yield from _linked_service_faults(factory, activity.linked_service)
    if activity.type == "ExecutePipeline":
        name = (activity.properties.get("pipeline") or {}).get("referenceName", "")
        called = factory.pipeline(name)
        given = activity.properties.get("parameters") or {}
        if called is None:
            yield f"the pipeline '{name}' is not declared"
        else:
            yield from _parameter_faults(f"the pipeline '{name}'", called.parameters, given)
    if activity.type in ("SetVariable", "AppendVariable"):
        variable = activity.properties.get("variableName")
        if variable not in pipeline.variables and not activity.properties.get("setSystemVariable"):
            yield f"the variable '{variable}' is not declared"


def _datasets(activity: Activity) -> Iterator[tuple[str, Mapping]]:
    for reference in activity.inputs:
        yield "source", reference
    for reference in activity.outputs:
        yield "sink", reference
    if isinstance(activity.properties.get("dataset"), Mapping):
        yield "source", activity.properties["dataset"]


def _dataset_faults(factory: Factory, activity: Activity, side: str, reference: Mapping) -> Iterator[str]:
    name = reference.get("referenceName", "")
    dataset = factory.dataset(name)
    if dataset is None:
        yield f"the dataset '{name}' is not declared"
        return
    yield from _parameter_faults(
        f"the dataset '{name}'", dataset.parameters, reference.get("parameters") or {}
    )
    if dataset.type not in DATASETS:
        yield f"the dataset '{name}' is of type {dataset.type}, which is not supported"
        return
    kind = (activity.properties.get(side) or {}).get("type")
    if kind in _SOURCE_DATASETS and dataset.type != _SOURCE_DATASETS[kind]:
        yield f"a {side} of type {kind} does not go with the dataset '{name}' of type {dataset.type}"
    if activity.type in ("GetMetadata", "Delete") and DATASETS[dataset.type] != lake.LINKED_SERVICE:
        yield f"the service has no {activity.type} for a dataset of type {dataset.type}: '{name}'"
    if dataset.type == "DelimitedText":
        faults: list[str] = []
        check_text(dataset, faults.append)
        yield from faults
    yield from _linked_service_faults(factory, dataset.linked_service, DATASETS[dataset.type])


def _linked_service_faults(factory: Factory, reference: Mapping, wanted: str | None = None) -> Iterator[str]:
    name = reference.get("referenceName", "")
    service = factory.linked_service(name)
    if service is None:
        yield f"the linked service '{name}' is not declared"
    elif service.type not in LINKED_SERVICES:
        yield f"the linked service '{name}' is of type {service.type}, which is not supported"
    elif wanted is not None and service.type != wanted:
        yield f"the linked service '{name}' is of type {service.type}; {wanted} is needed"


def _parameter_faults(owner: str, declared: Mapping, given: Mapping) -> Iterator[str]:
    for name in given:
        if name not in declared:
            yield f"{owner} has no parameter '{name}'"
    for name, specification in declared.items():
        if name not in given and specification.get("defaultValue") is None:
            yield f"{owner} needs a value for its parameter '{name}'"
