"""Datasets: two that carry a query to a database, two that name a place in the lake."""

from pulumi_azure_native import datafactory

from pipelines import linked_services
from pipelines.expr import dataset_param, dynamic

CONTROL_QUERY = "control_query"
SOURCE_QUERY = "source_query"
LANDING_PARQUET = "landing_parquet"
LANDING_JSON = "landing_json"
LANDING = "landing"

Dataset = (
    datafactory.AzurePostgreSqlTableDatasetArgs | datafactory.ParquetDatasetArgs | datafactory.JsonDatasetArgs
)


def reference(name: str, **parameters: object) -> datafactory.DatasetReferenceArgs:
    """What an activity names a dataset by, with values for its parameters."""
    return datafactory.DatasetReferenceArgs(
        type="DatasetReference", reference_name=name, parameters=parameters or None
    )


def _query(linked_service: str) -> datafactory.AzurePostgreSqlTableDatasetArgs:
    """No table of its own: the activity brings the query."""
    return datafactory.AzurePostgreSqlTableDatasetArgs(
        type="AzurePostgreSqlTable", linked_service_name=linked_services.reference(linked_service)
    )


def _text() -> datafactory.ParameterSpecificationArgs:
    return datafactory.ParameterSpecificationArgs(type=datafactory.ParameterType.STRING)


def _location(*, file: bool) -> datafactory.AzureBlobFSLocationArgs:
    return datafactory.AzureBlobFSLocationArgs(
        type="AzureBlobFSLocation",
        file_system=LANDING,
        folder_path=dynamic(dataset_param("folder")),
        file_name=dynamic(dataset_param("file")) if file else None,
    )


def all_datasets() -> dict[str, Dataset]:
    """Every dataset by its name."""
    lake = linked_services.reference(linked_services.LAKE)
    return {
        CONTROL_QUERY: _query(linked_services.CONTROL),
        SOURCE_QUERY: _query(linked_services.SOURCE),
        LANDING_PARQUET: datafactory.ParquetDatasetArgs(
            type="Parquet",
            linked_service_name=lake,
            parameters={"folder": _text(), "file": _text()},
            location=_location(file=True),
            compression_codec="snappy",
        ),
        LANDING_JSON: datafactory.JsonDatasetArgs(
            type="Json",
            linked_service_name=lake,
            parameters={"folder": _text()},
            location=_location(file=False),
        ),
    }
