"""How the console writes values: with units, in few digits, and never by colour alone."""

from datetime import UTC, datetime

# Okabe and Ito's palette, which people with any kind of colour blindness can tell apart, and a violet, which they can
# tell from all of it. Grey looks as green or purple to some: it never stands among them.
BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, VIOLET, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#962DFF", "#7f7f7f",
)  # fmt: skip
# Text inside a drawing, which does not know whether it is light or dark around it: it can be read on both.
DRAWN = "#7f7f7f"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY, VIOLET)

# A run's status: its colour and its icon.
STATUSES = {
    "Succeeded": (BLUE, "check_circle"),
    "Failed": (VERMILLION, "error"),
    "InProgress": (ORANGE, "pending"),
    "Queued": (ORANGE, "hourglass_empty"),
    "Cancelled": (VIOLET, "cancel"),
    "Interrupted": (VIOLET, "power_off"),
    "Skipped": (GREY, "skip_next"),
    "Inactive": (GREY, "block"),
}
UNKNOWN = (GREY, "help")
DONE = ("Succeeded", "Failed", "Cancelled", "Interrupted")


def count(n: int | None) -> str:
    """`12,345`; empty when there is none."""
    return "" if n is None else f"{n:,}"


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`; empty when there is none."""
    if seconds is None:
        return ""
    seconds = float(seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for (unit, size), (finer, part) in (
        (("d", 86400), ("h", 3600)), (("h", 3600), ("min", 60)), (("min", 60), ("s", 1)),
    ):  # fmt: skip
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {finer}" if rest else "")
    return f"{whole} s"


def utc(moment: datetime | str) -> str:
    """A moment in ISO 8601, as a browser reads it. A text is a cursor's: UTC wall time."""
    if isinstance(moment, str):
        return moment.replace(" ", "T").rstrip("Z")[:26] + "Z"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def cause(message: str | None) -> str:
    """The end of a run's message, in one line: the service wraps a failure in the names of what it failed through."""
    return " ".join((message or "").split()).rpartition("Error: ")[2]


def status(name: str) -> tuple[str, str]:
    """Colour and icon of a run's status."""
    return STATUSES.get(name, UNKNOWN)
