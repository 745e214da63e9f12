"""Checks of settings that a type of activity has, and that this runtime or the service does not take."""

from collections.abc import Callable, Mapping

from local.adf.activities.metadata import FIELDS
from local.adf.activities.web import AUTHENTICATIONS, MAX_REQUEST_TIMEOUT, METHODS
from local.adf.connectors.scriptparameters import TYPES
from local.adf.definition import Activity
from local.adf.durations import is_span, seconds_of
from local.adf.validation.copies import check_copy, check_store
from local.adf.validation.findings import Add, refuse

MAX_BATCH, MAX_CASES = 50, 25
_LOOKUP_SOURCES = ("AzurePostgreSqlSource", "JsonSource", "ParquetSource", "DelimitedTextSource")


def check_settings(activity: Activity, add: Add) -> None:
    """Tell `add` of every setting that is not supported."""
    check = _CHECKS.get(activity.type)
    if check is not None:
        check(activity, add)


def _for_each(activity: Activity, add: Add) -> None:
    batch = activity.properties.get("batchCount")
    if batch is not None and not (isinstance(batch, int | float) and 1 <= batch <= MAX_BATCH):
        add(f"batchCount is {batch!r}; it must be an integer from 1 to {MAX_BATCH}")
    if not isinstance(activity.properties.get("isSequential") or False, bool):
        add("isSequential must be a literal true or false")


def _lookup(activity: Activity, add: Add) -> None:
    source = activity.properties.get("source") or {}
    if source.get("type") not in _LOOKUP_SOURCES:
        add(f"a Lookup over a source of type {source.get('type')} is not supported")
    refuse("source.", source, {"partitionOption": ("None",), "additionalColumns": ([],)}, add)
    check_store("source.storeSettings.", source.get("storeSettings"), add)
    refuse("source.formatSettings.", source.get("formatSettings"), {"compressionProperties": ()}, add)


def _script(activity: Activity, add: Add) -> None:
    refuse("", activity.properties, {"scriptReference": (), "logSettings": ()}, add)
    scripts = activity.properties.get("scripts")
    for block in scripts if isinstance(scripts, list) else ():
        for parameter in block.get("parameters") or ():
            _script_parameter(parameter, add)
        if block.get("type", "Query") not in ("Query", "NonQuery"):
            add(f"the type of a script must be Query or NonQuery, not {block.get('type')}")
    if activity.linked_service is None:
        add("it names no linked service")


def _script_parameter(parameter: Mapping, add: Add) -> None:
    name, direction = parameter.get("name"), parameter.get("direction") or "Input"
    if direction != "Input":
        add(f"the parameter '{name}' of a script has the direction {direction}; only Input is supported")
    kind = str(parameter.get("type") or "String")
    if kind.lower() not in TYPES:
        add(f"the parameter '{name}' of a script is of the type {kind}, which is not supported")


def _switch(activity: Activity, add: Add) -> None:
    cases = sum(key.startswith("case:") for key in activity.groups)
    if not 1 <= cases <= MAX_CASES:
        add(f"it has {cases} cases; a Switch has 1 to {MAX_CASES}")


def _metadata(activity: Activity, add: Add) -> None:
    fields = activity.properties.get("fieldList")
    for name in fields if isinstance(fields, list) else ():
        if isinstance(name, str) and not name.startswith("@") and name not in FIELDS:
            add(
                f"the field '{name}' is not to be had for files in Data Lake Storage Gen2; {', '.join(FIELDS)} are"
            )
    store = activity.properties.get("storeSettings") or {}
    refuse("storeSettings.", store, {"wildcardFileName": (), "wildcardFolderPath": ()}, add)
    check_store("storeSettings.", store, add)


def _delete(activity: Activity, add: Add) -> None:
    check_store("storeSettings.", activity.properties.get("storeSettings"), add)
    if activity.properties.get("enableLogging") is True and not activity.properties.get("logStorageSettings"):
        add("enableLogging needs logStorageSettings")


def _web(activity: Activity, add: Add) -> None:
    given = activity.properties
    method = given.get("method")
    if isinstance(method, str) and not method.startswith("@") and method.upper() not in METHODS:
        add(f"the method '{method}' is not one of {', '.join(METHODS)}")
    kind = (given.get("authentication") or {}).get("type")
    if kind not in (None, *AUTHENTICATIONS):
        add(f"the authentication {kind} is not supported; {' and '.join(AUTHENTICATIONS)} are")
    timeout = given.get("httpRequestTimeout")
    if isinstance(timeout, str) and not timeout.startswith("@"):
        if not is_span(timeout):
            add(f"its httpRequestTimeout '{timeout}' is not a time span: hh:mm:ss")
        elif seconds_of(timeout, 0) > MAX_REQUEST_TIMEOUT:
            add(f"its httpRequestTimeout {timeout} is longer than 10 minutes")
    refuse("", given, {"connectVia": (), "datasets": ([],), "linkedServices": ([],)}, add)


_CHECKS: dict[str, Callable[[Activity, Add], None]] = {
    "ForEach": _for_each,
    "Copy": check_copy,
    "Delete": _delete,
    "GetMetadata": _metadata,
    "Lookup": _lookup,
    "Script": _script,
    "Switch": _switch,
    "WebActivity": _web,
}
