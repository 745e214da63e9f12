"""The one shape of a refusal by the job."""


class TransformError(Exception):
    """Something that stops one table, or the job when it concerns the plan itself.

    Attributes:
        what: what failed, in one line.
        why: what was found.
        next_step: what to do about it.
    """

    def __init__(self, what: str, why: str = "", next_step: str = ""):
        self.what, self.why, self.next_step = what, why, next_step
        super().__init__(". ".join(part.rstrip(".") for part in (what, why, next_step) if part) + ".")


class BrokenRule(TransformError):
    """A rule of severity `fail` that more rows broke than it allows. `rules` is rule to rows, of the whole batch."""

    def __init__(self, what: str, why: str, next_step: str, rules: dict[str, int]):
        super().__init__(what, why, next_step)
        self.rules = rules


class ReadAgain(TransformError):
    """Windows that the next run reads from the source again. `windows` are their numbers."""

    def __init__(self, what: str, why: str, next_step: str, windows: tuple[int, ...]):
        super().__init__(what, why, next_step)
        self.windows = windows


class NotAsLanded(ReadAgain):
    """The lake holds other rows than the ledger recorded."""


class TooManyGone(ReadAgain):
    """So many rows are not at the source any more that whoever runs it is asked. By the next run it may be whole."""
