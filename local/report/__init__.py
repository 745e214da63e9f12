"""The Power BI report on the laptop: read from its own files (PBIR and TMDL) and asked over the served views.

>>> from local.report import Report, reading
>>> report = Report()                                     # doctest: +SKIP
>>> with reading(report, stack.serving) as session:       # doctest: +SKIP
...     for visual in report.page("Revenue").visuals:
...         answer = session.ask(visual, selections={("Zone", "Borough"): ["Queens"]})
"""

from local.report.errors import ReportError
from local.report.pbir import Page, Position, Visual
from local.report.report import Answer, Reading, Report, Selections, Shown, reading

__all__ = [
    "Answer",
    "Page",
    "Position",
    "Reading",
    "Report",
    "ReportError",
    "Selections",
    "Shown",
    "Visual",
    "reading",
]
