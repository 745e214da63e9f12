"""Checks of the settings of a Copy, and of those by which files are read."""

from collections.abc import Mapping

from local.adf.activities.copying import BEHAVIORS, PAIRS, SOURCES
from local.adf.connectors.delimited import COMPRESSIONS, ROW_DELIMITERS
from local.adf.connectors.mapping import TYPES
from local.adf.definition import Activity
from local.adf.definition.model import Dataset
from local.adf.validation.findings import Add, refuse

_STORE = {
    "fileListPath": (),
    "enablePartitionDiscovery": (False,),
    "partitionRootPath": (),
    "deleteFilesAfterCompletion": (False,),
}


def check_store(where: str, store: object, add: Add) -> None:
    """Settings of how files are read that are not supported."""
    refuse(where, store, _STORE, add)


def check_copy(activity: Activity, add: Add) -> None:
    """Everything of a Copy that can be said without its datasets."""
    source, sink = activity.properties.get("source") or {}, activity.properties.get("sink") or {}
    if source.get("type") not in SOURCES:
        add(f"a Copy from a source of type {source.get('type')} is not supported")
    elif sink.get("type") in PAIRS and source.get("type") not in PAIRS[sink["type"]]:
        add(
            f"a Copy from a source of type {source.get('type')} to a sink of type {sink['type']} is not supported"
        )
    if sink.get("type") not in PAIRS:
        add(f"a Copy to a sink of type {sink.get('type')} is not supported")
    if len(activity.inputs) != 1 or len(activity.outputs) != 1:
        add("a Copy takes one input and one output")
    refuse("source.", source, {"partitionOption": ("None",)}, add)
    check_store("source.storeSettings.", source.get("storeSettings"), add)
    refuse("source.formatSettings.", source.get("formatSettings"), {"compressionProperties": ()}, add)
    _sink(source, sink, add)
    _translator(activity.properties.get("translator"), add)
    refuse(
        "",
        activity.properties,
        {
            "enableStaging": (False,),
            "enableSkipIncompatibleRow": (False,),
            "skipErrorFile": (),
            "logSettings": (),
            "preserve": ([],),
        },
        add,
    )


def _sink(source: Mapping, sink: Mapping, add: Add) -> None:
    settings, store = sink.get("formatSettings") or {}, sink.get("storeSettings") or {}
    most, behavior = settings.get("maxRowsPerFile"), store.get("copyBehavior")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        add(f"sink.formatSettings.maxRowsPerFile is {most!r}; it must be a positive integer")
    if settings.get("fileNamePrefix") and source.get("type") != "AzurePostgreSqlSource":
        add("sink.formatSettings.fileNamePrefix does not apply to a source of files")
    if behavior not in BEHAVIORS:
        add(
            f"sink.storeSettings.copyBehavior {behavior} is not supported; PreserveHierarchy and MergeFiles are"
        )
    elif behavior is not None and source.get("type") == "AzurePostgreSqlSource":
        add("sink.storeSettings.copyBehavior applies to a source of files")
    elif behavior == "MergeFiles" and sink.get("type") == "BinarySink":
        add("sink.storeSettings.copyBehavior MergeFiles is not supported for binary files")
    refuse("sink.storeSettings.", store, {"metadata": ([],), "blockSizeInMB": ()}, add)


def _translator(translator: object, add: Add) -> None:
    """https://learn.microsoft.com/azure/data-factory/copy-activity-schema-and-type-mapping"""
    if not isinstance(translator, Mapping) or translator.get("type") == "Expression":
        return
    if translator.get("type") != "TabularTranslator":
        add(f"a translator of type {translator.get('type')} is not supported")
    unsupported = {
        "columnMappings": (),
        "schemaMapping": (),
        "collectionReference": (),
        "mapComplexValuesToString": (False,),
    }
    refuse("translator.", translator, unsupported, add)
    settings = translator.get("typeConversionSettings")
    formats = dict.fromkeys(("dateTimeFormat", "dateTimeOffsetFormat", "timeSpanFormat", "culture"), ())
    refuse("translator.typeConversionSettings.", settings, {"treatBooleanAsNumber": (False,), **formats}, add)
    mappings = translator.get("mappings")
    for mapping in mappings if isinstance(mappings, list) else ():
        for side in ("source", "sink"):
            column = mapping.get(side) or {}
            refuse(f"translator.mappings.{side}.", column, {"path": (), "format": (), "culture": ()}, add)
            kind = column.get("type")
            if isinstance(kind, str) and kind.strip().lower() not in (*TYPES, "decimal"):
                add(f"translator.mappings.{side}.type {kind} is not supported")


def check_text(dataset: Dataset, add: Add) -> None:
    """The dialect of a dataset of delimited text."""
    given = dataset.properties
    codec = given.get("compressionCodec")
    if isinstance(codec, str) and not codec.startswith("@") and codec.lower() not in COMPRESSIONS:
        add(
            f"the compressionCodec {codec} of the dataset '{dataset.name}' is not supported for delimited text"
        )
    row = given.get("rowDelimiter")
    if isinstance(row, str) and not row.startswith("@") and row not in ROW_DELIMITERS[1:]:
        add(f"the rowDelimiter {row!r} of the dataset '{dataset.name}' is not supported")
    for key, empty in (("columnDelimiter", False), ("quoteChar", True), ("escapeChar", True)):
        value = given.get(key)
        if isinstance(value, str) and not value.startswith("@") and (len(value) > 1 or not (value or empty)):
            add(f"the {key} {value!r} of the dataset '{dataset.name}' must be one character")
