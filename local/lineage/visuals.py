"""Which served columns each visual of the report shows, itself or through its measures."""

from collections.abc import Iterator
from dataclasses import dataclass

from local.report import Report
from local.report.expressions import Aggregate, Op
from local.report.model import Column


@dataclass(frozen=True, order=True)
class Use:
    """A field of a visual, and a column of a view (`mart.fact_trip`) that its value is made or counted by."""

    page: str
    visual: str
    field: str
    view: str
    column: str


def uses(report: Report) -> list[Use]:
    """Every use of every visual, in their order on the pages.

    Raises:
        ReportError: a field is not in the model.
    """
    found: dict[Use, None] = {}
    for page in report.pages:
        for visual in page.visuals:
            for shown, tree in report.fields(visual):
                for column in _columns(tree):
                    table = report.model.table(column.table)
                    view = f"{table.schema}.{table.view}"
                    title = visual.title or visual.alt_text or shown.name
                    found[Use(page.name, title, shown.name, view, column.source)] = None
    return list(found)


def _columns(tree: object) -> Iterator[Column]:
    """The columns of a field's tree, those of the conditions of its aggregates among them."""
    if isinstance(tree, Column):
        yield tree
    elif isinstance(tree, Op):
        for argument in tree.args:
            yield from _columns(argument)
    elif isinstance(tree, Aggregate):
        if tree.column is not None:
            yield tree.column
        for own in tree.filters:
            yield from _columns(own.condition)
