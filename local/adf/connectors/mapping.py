"""Which columns of a source go into a sink: additional columns, and the mappings of a TabularTranslator.

https://learn.microsoft.com/azure/data-factory/copy-activity-schema-and-type-mapping
https://learn.microsoft.com/azure/data-factory/copy-activity-overview#add-additional-columns-during-copy
"""

from collections.abc import Mapping, Sequence

from local.adf.connectors.delimited import first_double
from local.adf.connectors.relations import Relation, literal, quoted
from local.adf.errors import ActivityError
from local.adf.expressions.values import to_text

# The interim types of the service, and what they are in Parquet.
TYPES = {
    "boolean": "BOOLEAN",
    "sbyte": "TINYINT",
    "byte": "UTINYINT",
    "int16": "SMALLINT",
    "uint16": "USMALLINT",
    "int32": "INTEGER",
    "uint32": "UINTEGER",
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "single": "FLOAT",
    "double": "DOUBLE",
    "datetime": "TIMESTAMP",
    "datetimeoffset": "TIMESTAMPTZ",
    "string": "VARCHAR",
    "guid": "VARCHAR",
    "byte[]": "BLOB",
    "byte array": "BLOB",
}
FILE_PATH, COLUMN = "$$FILEPATH", "$$COLUMN:"


def selection(
    relation: Relation, translator: Mapping | None, additional: Sequence[Mapping]
) -> tuple[str, list[str]]:
    """The SELECT of what is written, and the names of its columns.

    Raises:
        ActivityError: a column that is not there, that is there twice, or that Parquet can't have.
    """
    added = {str(one.get("name") or ""): _added(relation, to_text(one.get("value"))) for one in additional}
    for name in added:
        if not name or name in relation.columns:
            raise ActivityError(
                f"The additional column '{name}' has no name, or the name of a column of the source.",
                "UserErrorInvalidAdditionalColumn",
            )
    inner = ", ".join(["*", *(f"{value} AS {quoted(name)}" for name, value in added.items())])
    body = f"SELECT {inner} FROM {relation.source}"
    names = [*relation.columns, *added]
    mappings = list((translator or {}).get("mappings") or ())
    if not mappings:
        if not relation.named:
            raise ActivityError(
                "A text file without a header needs a mapping by ordinal: its columns have no names.",
                "UserErrorMappingRequired",
            )
        check_names(names)
        return body, names
    mapped = [_mapped(one, list(relation.columns), names) for one in mappings]
    check_names([name for name, _ in mapped])
    chosen = ", ".join(f"{value} AS {quoted(name)}" for name, value in mapped)
    return f"SELECT {chosen} FROM ({body})", [name for name, _ in mapped]


def _added(relation: Relation, value: str) -> str:
    """The value of an additional column, as SQL."""
    if value == FILE_PATH:
        if relation.path is None:
            raise ActivityError(f"{FILE_PATH} is for sources of files.", "UserErrorInvalidAdditionalColumn")
        return literal(relation.path)
    if value.startswith(COLUMN):
        return quoted(_found(value.removeprefix(COLUMN), relation.columns))
    return literal(value)


def _mapped(mapping: Mapping, source: list[str], names: list[str]) -> tuple[str, str]:
    """(name in the sink, value as SQL)."""
    origin, goal = mapping.get("source") or {}, mapping.get("sink") or {}
    if origin.get("name"):
        name = _found(str(origin["name"]), names)
    elif str(origin.get("ordinal") or "").isdigit() and 1 <= int(origin["ordinal"]) <= len(source):
        name = source[int(origin["ordinal"]) - 1]
    else:
        raise ActivityError(
            f"A mapping names no column of the source: {to_text(dict(origin))}.",
            "UserErrorInvalidColumnMappingColumnNotFound",
        )
    kind = goal.get("type") or origin.get("type")
    value = quoted(name)
    return str(
        goal.get("name") or name
    ), value if kind is None else f"CAST({value} AS {_type(name, kind, goal)})"


def _found(name: str, names: Sequence[str] | Mapping[str, str]) -> str:
    if name not in names:
        raise ActivityError(
            f"The column '{name}' is not in the source; it has {', '.join(names)}.",
            "UserErrorInvalidColumnMappingColumnNotFound",
        )
    return name


def _type(column: str, kind: object, goal: Mapping) -> str:
    wanted = str(kind).strip().lower()
    if wanted == "decimal":
        precision, scale = goal.get("precision"), goal.get("scale")
        if not isinstance(precision, int) or not isinstance(scale, int) or not 0 <= scale <= precision <= 38:
            raise ActivityError(
                f"The mapping of '{column}' to a Decimal needs a precision of up to 38 and a scale.",
                "UserErrorInvalidDataType",
            )
        return f"DECIMAL({precision},{scale})"
    if wanted not in TYPES:
        raise ActivityError(
            f"The mapping of '{column}' is to the type '{kind}', which is not supported.",
            "UserErrorInvalidDataType",
        )
    return TYPES[wanted]


def check_names(names: Sequence[str]) -> None:
    """Refuse what a Parquet file of the service can't have: two columns of a name, white space in one."""
    twice = first_double(names)
    if twice is not None:
        raise ActivityError(f"The Copy has two columns named '{twice}'.", "UserErrorDuplicateColumn")
    spaced = next((name for name in names if not name or any(char.isspace() for char in name)), None)
    if spaced is not None:
        raise ActivityError(
            f"The column '{spaced}' has white space in its name, which Parquet files of the service can't "
            "have. Give it another name in a mapping or in the query.",
            "UserErrorInvalidColumnName",
        )
