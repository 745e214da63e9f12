"""A drawing of what flows into what, in columns from left to right."""

from collections.abc import Iterable

from nicegui import ui

from local.console import words

Arrow = tuple[str, str]


def options(arrows: Iterable[Arrow], layers: Iterable[Iterable[str]]) -> dict:
    """The drawing's options for the drawing library.

    Args:
        arrows: from a name to a name.
        layers: the names that stand below one another, from the left; a name stands in one layer.
    """
    nodes = [
        {"name": name, "depth": depth, "itemStyle": {"color": words.SERIES[depth % len(words.SERIES)]}}
        for depth, layer in enumerate(layers)
        for name in layer
    ]
    links = [{"source": a, "target": b, "value": 1} for a, b in dict.fromkeys(arrows)]
    return {
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True, ":formatter": "p => p.name.replace(' > ', ' → ')"},
        "series": [{
            "type": "sankey", "data": nodes, "links": links, "nodeGap": 10, "nodeWidth": 14, "draggable": False,
            "left": 8, "right": 190, "top": 8, "bottom": 8, "label": {"color": words.DRAWN, "width": 180,
            "overflow": "truncate"}, "lineStyle": {"color": "source", "opacity": 0.25},
            "emphasis": {"focus": "trajectory"},
        }],
    }  # fmt: skip


def chart(arrows: list[Arrow], layers: list[list[str]], *, label: str) -> ui.echart:
    """The drawing, as tall as its longest layer."""
    tall = 40 + 28 * max(map(len, layers), default=1)
    made = ui.echart(options(arrows, layers)).classes("w-full").style(f"height: {max(tall, 160)}px")
    return made.props(f'role="img" aria-label="{label}"')
