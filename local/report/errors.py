"""What the report's reader refuses, by name and place."""

from local.errors import HighwaterError


class ReportError(HighwaterError):
    """A file of the report or of the semantic model that says what can't be answered here."""
