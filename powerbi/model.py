"""The files of Mobility.SemanticModel."""

import json

from powerbi import tmdl
from powerbi.definition import FORMATS, Definition, Field, Folder
from powerbi.errors import DefinitionError
from powerbi.ids import guid
from powerbi.tables import SCHEMA, Column, Table, Tables
from powerbi.tmdl import dax_column, indented, name

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/"
COMPATIBILITY = 1601
# Replaced at deployment by parameter.yml; what stands here is the laptop's and leads nowhere.
SERVER, DATABASE = "highwater-ondemand.sql.azuresynapse.example", "highwater"


def files(definition: Definition, tables: Tables) -> dict[str, str]:
    """Path in the folder -> text.

    Raises:
        DefinitionError: the definition names what is not there.
    """
    measures = _home(definition, tables)
    out = {
        "definition/database.tmdl": tmdl.text(["database", f"\tcompatibilityLevel: {COMPATIBILITY}"]),
        "definition/model.tmdl": tmdl.text(_model(definition, tables)),
        "definition/expressions.tmdl": tmdl.text(_parameters()),
        "definition/relationships.tmdl": tmdl.text(_relationships(definition, tables)),
        "definition.pbism": as_json(
            {"$schema": f"{_SCHEMAS}item/semanticModel/definitionProperties/1.0.0/schema.json", "version": "4.2",
             "settings": {"qnaEnabled": False}}
        ),
        ".platform": platform("SemanticModel", definition),
    }  # fmt: skip
    hidden = _hidden(definition, tables)
    for table in tables.all.values():
        lines = _table(table, definition, hidden, measures.get(table.name, []))
        out[f"definition/tables/{table.name}.tmdl"] = tmdl.text(lines)
    for value in definition.row_level.values:
        out[f"definition/roles/{value}.tmdl"] = tmdl.text(_role(value, definition, tables))
    return out


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def platform(kind: str, definition: Definition) -> str:
    """The file that says what kind of item a folder is, and its id across environments."""
    return as_json(
        {
            "$schema": f"{_SCHEMAS}gitIntegration/platformProperties/2.1.0/schema.json",
            "metadata": {
                "type": kind, "displayName": definition.name, "description": definition.description,
            },
            "config": {"version": "2.0", "logicalId": guid("item", kind)},
        }
    )  # fmt: skip


def _home(definition: Definition, tables: Tables) -> dict[str, list[tuple[Folder, object]]]:
    """The measures of each table. No two share a name, and none shares one with a column of its table."""
    found: dict[str, list] = {}
    taken: set[str] = set()
    for folder in definition.measures:
        table = tables.table(folder.table, f"measures.{folder.folder}")
        for measure in folder.measures:
            if measure.name in taken or measure.name in {c.name for c in table.columns}:
                raise DefinitionError(f"measures.{folder.folder}: the name {measure.name!r} is taken")
            taken.add(measure.name)
            found.setdefault(table.name, []).append((folder, measure))
    if definition.refresh.measure not in taken:
        raise DefinitionError(f"refresh: no measure {definition.refresh.measure!r}")
    return found


def _model(definition: Definition, tables: Tables) -> list[str]:
    return [
        "model Model",
        *indented([
            "culture: en-US",
            "defaultPowerBIDataSourceVersion: powerBI_V3",
            "discourageImplicitMeasures",
            "sourceQueryCulture: en-US",
        ]),
        "",
        "annotation PBI_QueryOrder = " + json.dumps(["Server", "Database", *tables.all], ensure_ascii=False),
        "",
        "annotation __PBI_TimeIntelligenceEnabled = 0",
        "",
        *(f"ref table {name(t)}" for t in tables.all),
        "",
        *(f"ref role {name(v)}" for v in definition.row_level.values),
    ]  # fmt: skip


def _parameters() -> list[str]:
    lines: list[str] = []
    for key, value, what in (
        ("Server", SERVER, "Serverless SQL endpoint of the Synapse workspace"),
        ("Database", DATABASE, "Database that holds the views"),
    ):
        meta = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
        lines += [
            *tmdl.described(what), f'expression {key} = "{value}" {meta}',
            *indented([f"lineageTag: {guid('expression', key)}", "", "annotation PBI_ResultType = Text"]), "",
        ]  # fmt: skip
    return lines


def _relationships(definition: Definition, tables: Tables) -> list[str]:
    lines: list[str] = []
    for many, one in definition.relationships:
        ends = [tables.column(end, f"relationships: {end.table}[{end.name}]") for end in (many, one)]
        if ends[0].kind != ends[1].kind:
            raise DefinitionError(f"relationships: {_said(many)} and {_said(one)} differ in type")
        lines += [
            f"relationship {guid('relationship', _said(many), _said(one))}",
            *indented([
                f"fromColumn: {name(many.table)}.{name(many.name)}", f"toColumn: {name(one.table)}.{name(one.name)}",
            ]),
            "",
        ]  # fmt: skip
    return lines


def _said(field: Field) -> str:
    return f"{field.table}[{field.name}]"


def _hidden(definition: Definition, tables: Tables) -> set[tuple[str, str]]:
    """Keys that only join, and what the definition hides by its name in every table."""
    found = {(t.name, c.name) for t in tables.all.values() for c in t.columns if c.name in definition.hidden}
    for many, one in definition.relationships:
        found.add((many.table, many.name))
        if tables.column(one, "relationships").kind != "dateTime":
            found.add((one.table, one.name))
    shown = {f.table + f.name for p in definition.pages for v in p.visuals for fs in v.fields.values() for f in fs
             if f.table}  # fmt: skip
    return {(t, c) for t, c in found if t + c not in shown}


def _table(table: Table, definition: Definition, hidden: set, measures: list) -> list[str]:
    is_date = definition.date is not None and definition.date.table == table.name
    lines = [*tmdl.described(table.description), f"table {name(table.name)}",
             f"\tlineageTag: {guid('table', table.name)}"]  # fmt: skip
    lines += ["\tdataCategory: Time"] if is_date else []
    lines.append("")
    for folder, measure in measures:
        body = tmdl.expression(f"measure {name(measure.name)}", measure.dax)
        text = FORMATS[measure.format]
        lines += indented([
            *tmdl.described(measure.description), *body,
            *indented([
                *([f"formatString: {text}"] if text else []), f"displayFolder: {folder.folder}",
                f"lineageTag: {guid('measure', measure.name)}",
            ]),
            "",
        ])  # fmt: skip
    for column in table.columns:
        is_key = is_date and column.name == definition.date.name
        lines += indented(_column(table, column, (table.name, column.name) in hidden, is_key, definition))
    return lines + indented(_partition(table))


def _column(table: Table, column: Column, hidden: bool, is_key: bool, definition: Definition) -> list[str]:
    sort = definition.sort_by.get(f"{table.name}[{column.name}]")
    lines = [
        f"dataType: {column.kind}",
        *(["isHidden"] if hidden else []),
        *(["isKey"] if is_key else []),
        *([f"formatString: {column.format}"] if column.format else []),
        f"lineageTag: {guid('column', table.name, column.source)}",
        "summarizeBy: none",
        f"sourceColumn: {column.source}",
        *([f"sortByColumn: {name(sort)}"] if sort else []),
    ]
    if column.is_day:
        lines += ["", "annotation UnderlyingDateTimeDataType = Date"]
    return [*tmdl.described(column.description), f"column {name(column.name)}", *indented(lines), ""]


def _partition(table: Table) -> list[str]:
    """DirectQuery on the view: nothing is kept in the model."""
    source = [
        "let",
        "\tSource = Sql.Database(Server, Database),",
        f'\tView = Source{{[Schema="{SCHEMA}", Item="{table.view}"]}}[Data]',
        "in",
        "\tView",
    ]
    return [
        f"partition {name(table.name)} = m", "\tmode: directQuery", "\tsource =", *indented(source, 3),
    ]  # fmt: skip


def _role(value: str, definition: Definition, tables: Tables) -> list[str]:
    level = definition.row_level
    tables.column(level.column, "row_level.column")
    said = dax_column(level.column.table, level.column.name)
    lines = [f"role {name(value)}", "\tmodelPermission: read", ""]
    lines += [f'\ttablePermission {name(level.column.table)} = {said} = "{value}"', ""]
    for closed in level.closed:
        lines += [f"\ttablePermission {name(tables.table(closed, 'row_level.closed').name)} = FALSE()", ""]
    return lines
