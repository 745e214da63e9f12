"""The report's theme: colours that people with colour-blindness tell apart (Okabe and Ito's, and a grey), on white.

Texts keep a contrast of 4.5 to 1 with what is behind them (WCAG 2.2, AA).
"""

FILE = "Highwater.json"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#595959", "#000000")
_INK, _PAPER, _FAINT = "#1F2430", "#FFFFFF", "#5B6270"
THEME = {
    "name": "Highwater",
    "dataColors": list(COLORS),
    "background": _PAPER,
    "foreground": _INK,
    "tableAccent": COLORS[0],
    "good": COLORS[0],
    "neutral": COLORS[4],
    "bad": COLORS[1],
    "minimum": "#F2F7FB",
    "center": "#7FB4D8",
    "maximum": "#00466E",
    "textClasses": {
        "title": {"fontFace": "Segoe UI Semibold", "fontSize": 12, "color": _INK},
        "label": {"fontFace": "Segoe UI", "fontSize": 10, "color": _FAINT},
        "callout": {"fontFace": "Segoe UI Semibold", "fontSize": 24, "color": _INK},
        "header": {"fontFace": "Segoe UI Semibold", "fontSize": 12, "color": _INK},
    },
}
