"""Delta tables for tests, written by hand: Parquet files and the JSON log that Delta's protocol asks for."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contracts import Contract

_SPARK = {"bool": "boolean", "int16": "short", "int32": "integer", "int64": "long", "double": "double",
          "float": "float", "date32[day]": "date", "string": "string"}  # fmt: skip
_ARROW = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(), "double": pa.float64(),
          "boolean": pa.bool_(), "date": pa.date32()}  # fmt: skip
INSTANT = pa.timestamp("us", tz="UTC")


def arrow_type(parsed) -> pa.DataType:
    """The Arrow type in which Spark stores a contract's type."""
    if parsed.name == "decimal":
        return pa.decimal128(*parsed.args)
    if parsed.name in ("timestamp", "localtime"):
        return INSTANT
    return _ARROW.get(parsed.name, pa.string())


def _spark(kind: pa.DataType) -> str | dict:
    if pa.types.is_list(kind):
        return {"type": "array", "elementType": _spark(kind.value_type), "containsNull": True}
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return _SPARK[str(kind)]


def write(folder: Path, table: pa.Table, *, reader: int = 1, files: int = 1) -> None:
    """Write a table as commit 0, or append it as the next commit."""
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    version = len(list(log.glob("*.json")))
    actions: list[dict] = []
    if version == 0:
        fields = [
            {"name": f.name, "type": _spark(f.type), "nullable": True, "metadata": {}} for f in table.schema
        ]
        features = {"readerFeatures": [], "writerFeatures": []} if reader >= 3 else {}
        writer = 7 if reader >= 3 else 2
        schema = json.dumps({"type": "struct", "fields": fields})
        actions = [
            {"protocol": {"minReaderVersion": reader, "minWriterVersion": writer, **features}},
            {"metaData": {"id": "00000000-0000-0000-0000-000000000001", "schemaString": schema,
                          "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                          "configuration": {}, "createdTime": 0}},
        ]  # fmt: skip
    rows = -(-max(1, table.num_rows) // files)
    for part in range(files):
        name = f"part-{version:05}-{part:05}.parquet"
        pq.write_table(table.slice(part * rows, rows), folder / name)
        size = (folder / name).stat().st_size
        actions.append({"add": {"path": name, "partitionValues": {}, "size": size, "modificationTime": 0,
                                "dataChange": True}})  # fmt: skip
    text = "".join(json.dumps(a) + "\n" for a in actions)
    (log / f"{version:020}.json").write_text(text)


def gold_schema(contract: Contract) -> pa.Schema:
    """The Arrow schema of a contract's gold table."""
    fields = [(c.name, arrow_type(c.parsed)) for c in contract.served]
    if contract.history == "scd2":
        fields += [("valid_from", INSTANT), ("valid_to", INSTANT), ("is_current", pa.bool_())]
    return pa.schema([*fields, ("_batch_id", pa.int64()), ("_removed", pa.bool_())])


def rows(schema: pa.Schema, *given: dict) -> pa.Table:
    """Rows of a schema; what a row does not give is null, and it is not removed."""
    base = {"_batch_id": 1, "_removed": False}
    return pa.Table.from_pylist([base | g for g in given], schema=schema)
