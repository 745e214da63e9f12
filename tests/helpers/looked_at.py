"""What the console's tests ask the database, and how they reach into what the browser has drawn."""

from contextlib import contextmanager

import psycopg
from playwright.sync_api import Locator, Page, expect
from psycopg.rows import dict_row

from local.stack import LocalStack

_CHART = "const chart = getElement(Number(e.id.slice(1))).chart"
_OPTIONS = f"e => {{ {_CHART}; return chart.getOption() }}"
_CELLS = (
    "t => [...t.querySelectorAll('tbody tr')].map(r => [...r.querySelectorAll('td')].map(c => c.textContent))"
)
# A bar is at least three points wide, and ends within the axes.
_MIDDLE = f"""(e, i) => {{
  {_CHART};
  const [row, start, end] = chart.getOption().series[0].data[i].value;
  const [from, to] = [start, end].map(x => chart.convertToPixel({{gridIndex: 0}}, [x, row]));
  const grid = chart.getModel().getComponent('grid').coordinateSystem.getRect();
  const right = Math.min(Math.max(to[0], from[0] + 3), grid.x + grid.width);
  scrollBy(0, e.getBoundingClientRect().y + from[1] - innerHeight / 2);  // a chart may be taller than the window
  const box = e.getBoundingClientRect();
  return [box.x + (Math.min(from[0], right - 3) + right) / 2, box.y + from[1]];
}}"""


def rows(stack: LocalStack, query: str, *values: object) -> list[dict]:
    """Rows of the control database, as its owner sees them."""
    with psycopg.connect(stack.conninfo("control"), row_factory=dict_row) as connection:
        return connection.execute(query, values).fetchall()


@contextmanager
def changed(stack: LocalStack, there: list[str], back: list[str]):
    """Statements on the control database that others undo at the end."""
    with psycopg.connect(stack.conninfo("control"), autocommit=True) as connection:
        try:
            for statement in there:
                connection.execute(statement)
            yield
        finally:
            for statement in back:
                connection.execute(statement)


def cells(table: Locator) -> list[list[str]]:
    """The texts of a table's body, read at one moment: a page may be drawn anew between two rows."""
    expect(table.locator("tbody td").first).to_be_visible()
    return table.evaluate(_CELLS)


def drawn(chart: Locator) -> dict:
    """The options of a chart, as the drawing library has them."""
    expect(chart.locator("canvas, svg").first).to_be_visible()
    return chart.evaluate(_OPTIONS)


def click_bar(page: Page, chart: Locator, number: int) -> None:
    """Click on the middle of a chart's bar of that number, where somebody would."""
    expect(chart.locator("canvas, svg").first).to_be_visible()
    page.mouse.click(*chart.evaluate(_MIDDLE, number))
