"""The report as its PBIR files say: pages, visuals, the fields that they show, filters and order."""

import json
from dataclasses import dataclass
from pathlib import Path

from local.report.errors import ReportError

# Which visual types are drawn, and the roles that each gives its fields.
ROLES = {
    "cardVisual": ("Data",),
    "tableEx": ("Values",),
    "pivotTable": ("Rows", "Columns", "Values"),
    "slicer": ("Values",),
    "lineChart": ("Category", "Series", "Y", "Y2"),
    "areaChart": ("Category", "Series", "Y"),
    "columnChart": ("Category", "Series", "Y"),
    "clusteredColumnChart": ("Category", "Series", "Y"),
    "barChart": ("Category", "Series", "Y"),
    "clusteredBarChart": ("Category", "Series", "Y"),
    "hundredPercentStackedColumnChart": ("Category", "Series", "Y"),
    "lineStackedColumnComboChart": ("Category", "Series", "Y", "Y2"),
    "donutChart": ("Category", "Series", "Y"),
    "scatterChart": ("Category", "Series", "X", "Y", "Size"),
    "textbox": (),
}


@dataclass(frozen=True)
class Position:
    """Where a visual is on its page, in the page's own units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Projection:
    """A field in a role of a visual, as PBIR has it, under the name that it shows."""

    role: str
    field: dict
    shown_as: str


@dataclass(frozen=True)
class Visual:
    """A visual. `projections` are in the order of its roles; a textbox has none, but a text."""

    id: str
    page: str
    type: str
    title: str
    alt_text: str
    position: Position
    projections: tuple[Projection, ...]
    sort: tuple[tuple[dict, bool], ...]
    filters: dict
    text: str = ""

    @property
    def where(self) -> str:
        return f"the visual {(self.title or self.id)!r} of the page {self.page!r}"


@dataclass(frozen=True)
class Page:
    """A page with its visuals, in the order of the keyboard."""

    id: str
    name: str
    width: float
    height: float
    visuals: tuple[Visual, ...]
    filters: dict
    refresh: dict


def pages(folder: Path) -> tuple[tuple[Page, ...], dict]:
    """The pages of a *.Report folder in their order, and the filters of the whole report.

    Raises:
        ReportError: it is not there, or has a visual of a type or role that is not known.
    """
    definition = Path(folder) / "definition"
    if not definition.is_dir():
        raise ReportError(f"There is no report in {folder}", "", "Generate it: make powerbi")
    order = _json(definition / "pages" / "pages.json")["pageOrder"]
    report = _json(definition / "report.json")
    return tuple(_page(definition / "pages" / name) for name in order), report.get("filterConfig", {})


def model_folder(folder: Path) -> Path:
    """The semantic model that a report is bound to."""
    bound = _json(Path(folder) / "definition.pbir")["datasetReference"].get("byPath")
    if not bound:
        raise ReportError(f"{folder} is bound to no model by path", "definition.pbir has no byPath.")
    return (Path(folder) / bound["path"]).resolve()


def _json(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def _page(folder: Path) -> Page:
    given = _json(folder / "page.json")
    visuals = [_visual(_json(f), given["displayName"]) for f in sorted(folder.glob("visuals/*/visual.json"))]
    visuals.sort(key=lambda pair: pair[0])
    refresh = (given.get("objects", {}).get("pageRefresh") or [{}])[0].get("properties", {})
    return Page(
        given["name"], given["displayName"], given["width"], given["height"],
        tuple(v for _, v in visuals), given.get("filterConfig", {}), refresh,
    )  # fmt: skip


def _visual(given: dict, page: str) -> tuple[float, Visual]:
    body, at = given["visual"], given["position"]
    kind, around = body["visualType"], body.get("visualContainerObjects", {})
    query = body.get("query", {})
    title = _said(around, "title", "text") or ""
    if kind not in ROLES:
        raise ReportError(f"The page {page!r} has a visual of the type {kind}", "It is not drawn here.",
                          f"Types: {', '.join(ROLES)}.")  # fmt: skip
    state = query.get("queryState", {})
    strange = [r for r in state if r not in ROLES[kind]]
    if strange:
        raise ReportError(
            f"The {kind} {title!r} has no role {strange[0]}", f"Roles: {', '.join(ROLES[kind])}."
        )
    projections = tuple(
        Projection(role, p["field"], p.get("displayName") or p.get("nativeQueryRef") or p["queryRef"])
        for role in ROLES[kind]
        for p in state.get(role, {}).get("projections", [])
    )
    sort = query.get("sortDefinition", {}).get("sort", [])
    return at.get("tabOrder", 0), Visual(
        given["name"], page, kind, title, _said(around, "general", "altText") or "",
        Position(at["x"], at["y"], at["width"], at["height"]), projections,
        tuple((s["field"], s["direction"] == "Descending") for s in sort),
        given.get("filterConfig", {}), _paragraphs(body),
    )  # fmt: skip


def _said(objects: dict, name: str, key: str) -> str | None:
    """The text of a formatting property, which stands in single quotes."""
    for item in objects.get(name, []):
        text = item["properties"].get(key, {}).get("expr", {}).get("Literal", {}).get("Value")
        if text is not None:
            return text[1:-1].replace("''", "'")
    return None


def _paragraphs(body: dict) -> str:
    lines = [
        "".join(run["value"] for run in paragraph["textRuns"])
        for item in body.get("objects", {}).get("general", [])
        for paragraph in item["properties"].get("paragraphs", [])
    ]
    return "\n".join(lines)
