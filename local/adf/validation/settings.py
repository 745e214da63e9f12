"""Checks of settings that a type of activity has, and that this runtime or the service does not take."""

from collections.abc import Callable, Mapping

from local.adf.activities.copying import SINKS, SOURCES
from local.adf.definition import Activity

MAX_BATCH = 50
_LOOKUP_SOURCES = ("AzurePostgreSqlSource", "JsonSource")
Add = Callable[[str], None]


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


def _refuse(where: str, settings: object, names: Mapping[str, tuple], add: Add) -> None:
    """Refuse settings that are there with a value other than the harmless ones."""
    for name, harmless in names.items():
        value = settings.get(name) if isinstance(settings, Mapping) else None
        if value not in (None, *harmless):
            add(f"{where}{name} is not supported")


def _copy(activity: Activity, add: Add) -> None:
    source, sink = activity.properties.get("source") or {}, activity.properties.get("sink") or {}
    if source.get("type") not in SOURCES:
        add(f"a Copy from a source of type {source.get('type')} is not supported")
    if sink.get("type") not in SINKS:
        add(f"a Copy to a sink of type {sink.get('type')} is not supported")
    if len(activity.inputs) != 1 or len(activity.outputs) != 1:
        add("a Copy takes one input and one output")
    _refuse("source.", source, {"partitionOption": ("None",), "additionalColumns": ([],)}, add)
    _refuse(
        "sink.formatSettings.", sink.get("formatSettings"), {"maxRowsPerFile": (), "fileNamePrefix": ()}, add
    )
    _refuse("sink.storeSettings.", sink.get("storeSettings"), {"copyBehavior": (), "metadata": ([],)}, add)
    _refuse(
        "",
        activity.properties,
        {
            "translator": (),
            "enableStaging": (False,),
            "enableSkipIncompatibleRow": (False,),
            "skipErrorFile": (),
            "logSettings": (),
        },
        add,
    )


def _lookup(activity: Activity, add: Add) -> None:
    source = activity.properties.get("source") or {}
    if source.get("type") not in _LOOKUP_SOURCES:
        add(f"a Lookup over a source of type {source.get('type')} is not supported")
    _refuse("source.", source, {"partitionOption": ("None",), "additionalColumns": ([],)}, add)
    unsupported = {"modifiedDatetimeStart": (), "modifiedDatetimeEnd": (), "fileListPath": (),
                   "enablePartitionDiscovery": (False,), "deleteFilesAfterCompletion": (False,)}  # fmt: skip
    _refuse("source.storeSettings.", source.get("storeSettings"), unsupported, add)
    _refuse("source.formatSettings.", source.get("formatSettings"), {"compressionProperties": ()}, add)


def _script(activity: Activity, add: Add) -> None:
    _refuse("", activity.properties, {"scriptReference": (), "logSettings": ()}, add)
    scripts = activity.properties.get("scripts")
    for block in scripts if isinstance(scripts, list) else ():
        _refuse("scripts.", block, {"parameters": ([],)}, add)
        if block.get("type", "Query") not in ("Query", "NonQuery"):
            add(f"the type of a script must be Query or NonQuery, not {block.get('type')}")
    if activity.linked_service is None:
        add("it names no linked service")


_CHECKS: dict[str, Callable[[Activity, Add], None]] = {
    "ForEach": _for_each,
    "Copy": _copy,
    "Lookup": _lookup,
    "Script": _script,
}
