"""What a refused contract says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """One rule that a contract breaks: where, which rule, what was found and what to do."""

    key: str
    rule: str
    found: object
    next_step: str = ""

    def __str__(self) -> str:
        text = f"{self.key}: {self.rule} (found: {self.found!r})"
        return f"{text}. {self.next_step}" if self.next_step else text


class ContractError(ValueError):
    """A contract that cannot be honoured. Raised before anything is deployed or read.

    Attributes:
        file: the contract's file name.
        breaches: every broken rule, not just the first.
    """

    def __init__(self, file: str, breaches: list[Breach]):
        self.file = file
        self.breaches = tuple(breaches)
        super().__init__("\n".join(f"{file}: {b}" for b in breaches))
