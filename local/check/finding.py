"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is declared and can't work, or is not needed.

    Attributes:
        rule: the check that found it.
        urn: the resource that it is about.
        message: what is wrong, with the value found.
    """

    rule: str
    urn: str
    message: str
