"""What a refused T-SQL construct says."""

from local.errors import HighwaterError


class Refused(HighwaterError):
    """T-SQL that is wrong, that Synapse serverless lacks, or whose meaning DuckDB can't keep.

    Attributes:
        construct: the words that are refused, as in the text.
    """

    def __init__(self, construct: str, why: str, next_step: str = ""):
        self.construct = construct
        super().__init__(f"T-SQL refused: {construct}", why, next_step)


def lacking(construct: str, instead: str) -> Refused:
    """Synapse serverless has no such construct: it would fail there too."""
    return Refused(construct, f"Synapse serverless has no {construct}.", instead)


def untranslated(construct: str, instead: str = "") -> Refused:
    """Synapse serverless may have it, but the laptop would have to guess its meaning."""
    return Refused(construct, f"{construct} is not translated on the laptop.", instead)
