"""Filters as PBIR has them (semantic queries), as conditions on columns."""

from local.report.errors import ReportError
from local.report.expressions import Day, Expressions, Literal, Op
from local.report.model import Column, SemanticModel

_KINDS = ("=", ">", ">=", "<", "<=")  # by ComparisonKind


class Filters:
    """Reads filters of one report against its model."""

    def __init__(self, model: SemanticModel):
        self._model = model

    def conditions(self, config: dict, where: str) -> tuple[object, ...]:
        """The conditions of a filterConfig; a filter that is set to nothing has none.

        Raises:
            ReportError: a filter is of a kind that is not understood; it names it and where.
        """
        return tuple(self._filter(f, where) for f in config.get("filters", []) if f.get("filter") is not None)

    def _filter(self, given: dict, where: str) -> object:
        body = given["filter"]
        sources = {s["Name"]: s for s in body.get("From", [])}
        conditions = [w["Condition"] for w in body.get("Where", [])]
        if len(conditions) != 1:
            raise self._refused(where, f"a filter with {len(conditions)} conditions")
        return self._condition(conditions[0], sources, where)

    def _refused(self, where: str, what: str) -> ReportError:
        return ReportError(
            f"{where} has {what}", "It is not understood here.", "docs/report.md lists what is."
        )

    def _condition(self, given: dict, sources: dict, where: str) -> object:
        (kind, body), *_ = given.items()
        match kind:
            case "Not":
                return Op("NOT", (self._condition(body["Expression"], sources, where),))
            case "And" | "Or":
                sides = (self._condition(body[side], sources, where) for side in ("Left", "Right"))
                return Op("&&" if kind == "And" else "||", tuple(sides))
            case "Comparison":
                column = self.column(body["Left"], sources, where)
                return Op(_KINDS[body["ComparisonKind"]], (column, self._value(body["Right"], where)))
            case "In" if "Table" in body:
                return self._top(body, sources, where)
            case "In":
                (expression,) = body["Expressions"]
                values = (self._value(row[0], where) for row in body["Values"])
                return Op("IN", (self.column(expression, sources, where), *values))
        raise self._refused(where, f"the condition {kind}")

    def _top(self, body: dict, sources: dict, where: str) -> object:
        """A filter of the type TopN: the values of a column with the highest values of a measure."""
        source = sources[body["Table"]["SourceRef"]["Source"]]
        query = source["Expression"]["Subquery"]["Query"]
        inner = {s["Name"]: s for s in query["From"]}
        (order,) = query["OrderBy"]
        column = self.column(query["Select"][0], inner, where)
        name = self.field(order["Expression"], inner, where)
        measure = Expressions(self._model).measure(*reversed(name[1:]))
        return Op("TOP", (column, query["Top"], measure, order["Direction"] == 2, ()))

    def field(self, given: dict, sources: dict, where: str) -> tuple[str, str, str]:
        """Kind (Column or Measure), table and name of a field."""
        kind = next((k for k in ("Column", "Measure") if k in given), None)
        if kind is None:
            raise self._refused(where, f"a field of the kind {next(iter(given), 'nothing')}")
        source = given[kind]["Expression"]["SourceRef"]
        table = source["Entity"] if "Entity" in source else sources[source["Source"]]["Entity"]
        return kind, table, given[kind]["Property"]

    def column(self, given: dict, sources: dict, where: str) -> Column:
        kind, table, name = self.field(given, sources, where)
        if kind != "Column":
            raise self._refused(where, f"a filter on the measure {name!r}")
        return self._model.column(table, name)

    def _value(self, given: dict, where: str) -> Literal | Day:
        text = given.get("Literal", {}).get("Value")
        if text is None:
            raise self._refused(where, f"a value of the kind {next(iter(given), 'nothing')}")
        return value(text)


def value(text: str) -> Literal | Day:
    """A literal of a semantic query: 'text', 5L, 2.5D, 1.5M, true, null, datetime'2023-01-01T00:00:00'."""
    if text.startswith("datetime'"):
        return Day(text[9:-1])
    if text.startswith("'"):
        return Literal(text[1:-1].replace("''", "'"))
    if text in ("true", "false", "null"):
        return Literal({"true": True, "false": False, "null": None}[text])
    number = text.rstrip("LDM")
    return Literal(int(number) if text.endswith("L") else float(number))
