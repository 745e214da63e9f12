"""The files of Mobility.Report: pages and visuals in PBIR."""

from powerbi import theme
from powerbi.definition import Definition, Field, Only, Page, Top, Visual
from powerbi.errors import DefinitionError
from powerbi.ids import short
from powerbi.model import as_json, platform
from powerbi.tables import Tables

_BASE = "https://developer.microsoft.com/json-schemas/fabric/item/report/"
_DEFINITION = _BASE + "definition/"
WIDTH, HEIGHT = 1280, 720
_MARGIN, _GAP, _COLUMN, _ROW = 16, 8, 104, 57  # 12 columns and 12 rows


def files(definition: Definition, tables: Tables, model: str) -> dict[str, str]:
    """Path in the folder -> text. `model` is the semantic model's folder, seen from the report's.

    Raises:
        DefinitionError: a visual shows a field that is not there.
    """
    pages = [short("page", p.key) for p in definition.pages]
    out = {
        "definition.pbir": as_json(
            {"$schema": f"{_BASE}definitionProperties/2.0.0/schema.json", "version": "4.0",
             "datasetReference": {"byPath": {"path": model}}}
        ),
        ".platform": platform("Report", definition),
        "definition/version.json": as_json(
            {"$schema": f"{_DEFINITION}versionMetadata/1.0.0/schema.json", "version": "2.0.0"}
        ),
        "definition/report.json": as_json(_report()),
        "definition/pages/pages.json": as_json(
            {"$schema": f"{_DEFINITION}pagesMetadata/1.1.0/schema.json", "pageOrder": pages,
             "activePageName": pages[0]}
        ),
        f"StaticResources/RegisteredResources/{theme.FILE}": as_json(theme.THEME),
    }  # fmt: skip
    writer = _Writer(definition, tables)
    for page, name in zip(definition.pages, pages, strict=True):
        out[f"definition/pages/{name}/page.json"] = as_json(writer.page(page, name))
        for order, visual in enumerate(writer.visuals(page)):
            visual["position"] |= {"z": order * 1000, "tabOrder": order * 1000}
            path = f"definition/pages/{name}/visuals/{visual['name']}/visual.json"
            out[path] = as_json({"$schema": f"{_DEFINITION}visualContainer/2.9.0/schema.json", **visual})
    return out


def _report() -> dict:
    imported = {"visual": "2.9.0", "page": "2.1.0", "report": "3.3.0"}
    item = {"name": theme.FILE, "path": theme.FILE, "type": "CustomTheme"}
    return {
        "$schema": f"{_DEFINITION}report/3.3.0/schema.json",
        "themeCollection": {
            "customTheme": {
                "name": theme.FILE, "reportVersionAtImport": imported, "type": "RegisteredResources",
            },
        },
        "resourcePackages": [{"name": "RegisteredResources", "type": "RegisteredResources", "items": [item]}],
        "settings": {
            "useStylableVisualContainerHeader": True, "useEnhancedTooltips": True, "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True, "allowChangeFilterTypes": True,
        },
    }  # fmt: skip


def _literal(value: object) -> dict:
    if isinstance(value, bool):
        said = str(value).lower()
    elif isinstance(value, int):
        said = f"{value}L"
    else:
        said = "'" + str(value).replace("'", "''") + "'"
    return {"expr": {"Literal": {"Value": said}}}


class _Writer:
    def __init__(self, definition: Definition, tables: Tables):
        self._definition, self._tables = definition, tables
        self._homes = {m.name: f.table for f in definition.measures for m in f.measures}

    def page(self, page: Page, name: str) -> dict:
        return {
            "$schema": f"{_DEFINITION}page/2.1.0/schema.json",
            "name": name, "displayName": page.name, "displayOption": "FitToPage", "height": HEIGHT, "width": WIDTH,
            "objects": {"pageRefresh": [{"properties": self._refresh()}]},
        }  # fmt: skip

    def _refresh(self) -> dict:
        """Refresh by change detection. The schema names the properties and leaves their values open."""
        refresh = self._definition.refresh
        measure = self._field(Field(table=None, name=refresh.measure), "refresh")
        return {
            "show": _literal(True),
            "refreshType": _literal("Change"),
            "measure": {"expr": measure},
            "checkEvery": _literal(refresh.every),
        }

    def visuals(self, page: Page) -> list[dict]:
        return [self._heading(page), *(self._visual(v, page) for v in page.visuals)]

    def _heading(self, page: Page) -> dict:
        runs = [
            {"textRuns": [{"value": page.name, "textStyle": {"fontSize": "18pt", "fontWeight": "bold"}}]},
            {"textRuns": [{"value": page.says, "textStyle": {"fontSize": "10pt"}}]},
        ]
        return {
            "name": short("visual", page.key, "heading"),
            "position": _position((0, 0, 12, 1)),
            "visual": {
                "visualType": "textbox",
                "objects": {"general": [{"properties": {"paragraphs": runs}}]},
                "visualContainerObjects": {
                    "general": [{"properties": {"altText": _literal(f"{page.name}. {page.says}")}}],
                },
                "drillFilterOtherVisuals": True,
            },
        }  # fmt: skip

    def _visual(self, visual: Visual, page: Page) -> dict:
        where = f"pages.{page.key}.{visual.key}"
        state = {
            role: {"projections": [self._projection(f, where, role) for f in fields]}
            for role, fields in visual.fields.items()
        }
        query: dict = {"queryState": state}
        if visual.sort:
            direction = "Descending" if visual.descending else "Ascending"
            query["sortDefinition"] = {
                "sort": [{"field": self._field(visual.sort, where), "direction": direction}], "isDefaultSort": False,
            }  # fmt: skip
        container = {
            "name": short("visual", page.key, visual.key),
            "position": _position(visual.at),
            "visual": {
                "visualType": visual.type,
                "query": query,
                "visualContainerObjects": {
                    "title": [{"properties": {"show": _literal(True), "text": _literal(visual.title)}}],
                    "general": [{"properties": {"altText": _literal(visual.alt)}}],
                },
                "drillFilterOtherVisuals": True,
            },
        }
        filters = [self._only(o, where) for o in visual.only]
        filters += [self._top(visual.top, where)] if visual.top else []
        if filters:
            container["filterConfig"] = {"filters": filters}
        return container

    def _field(self, field: Field, where: str, source: dict | None = None) -> dict:
        if field.is_measure:
            if field.name not in self._homes:
                raise DefinitionError(f"{where}: no measure {field.name!r}")
            table, kind = self._homes[field.name], "Measure"
        else:
            self._tables.column(field, where)
            table, kind = field.table, "Column"
        return {kind: {"Expression": {"SourceRef": source or {"Entity": table}}, "Property": field.name}}

    def _projection(self, field: Field, where: str, role: str) -> dict:
        table = field.table or self._homes.get(field.name, "")
        found = {
            "field": self._field(field, where),
            "queryRef": f"{table}.{field.name}",
            "nativeQueryRef": field.name,
        }
        return found | (
            {"active": True} if role in ("Category", "Rows", "Columns") and not field.is_measure else {}
        )

    def _only(self, only: Only, where: str) -> dict:
        """A filter by values; the schema's semantic query names its tables by alias."""
        column = self._field(only.column, where, {"Source": "t"})
        values = [[_literal(v)["expr"]] for v in only.values]
        return {
            "name": short("filter", where, only.column.table, only.column.name),
            "field": self._field(only.column, where),
            "type": "Categorical",
            "filter": {
                "Version": 2,
                "From": [{"Name": "t", "Entity": only.column.table, "Type": 0}],
                "Where": [{"Condition": {"In": {"Expressions": [column], "Values": values}}}],
            },
        }

    def _top(self, top: Top, where: str) -> dict:
        column = self._field(top.of, where, {"Source": "t"})
        home = self._homes.get(top.by.name)
        order = self._field(top.by, where, {"Source": "m"})
        sources = [{"Name": "t", "Entity": top.of.table, "Type": 0}, {"Name": "m", "Entity": home, "Type": 0}]
        inner = {
            "Version": 2, "From": sources, "Select": [{**column, "Name": "field"}],
            "OrderBy": [{"Direction": 2, "Expression": order}], "Top": top.count,
        }  # fmt: skip
        return {
            "name": short("filter", where, "top"),
            "field": self._field(top.of, where),
            "type": "TopN",
            "filter": {
                "Version": 2,
                "From": [
                    {"Name": "best", "Expression": {"Subquery": {"Query": inner}}, "Type": 2},
                    sources[0],
                ],
                "Where": [
                    {
                        "Condition": {
                            "In": {"Expressions": [column], "Table": {"SourceRef": {"Source": "best"}}}
                        }
                    }
                ],
            },
        }


def _position(at: tuple[int, int, int, int]) -> dict:
    column, row, columns, rows = at
    return {
        "x": _MARGIN + column * _COLUMN, "y": _MARGIN + row * _ROW,
        "height": rows * _ROW - _GAP, "width": columns * _COLUMN - _GAP,
    }  # fmt: skip
