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


class NotAsLanded(TransformError):
    """Windows of which the lake holds other rows than the ledger recorded. `windows` are their numbers."""

    def __init__(self, what: str, why: str, next_step: str, windows: tuple[int, ...]):
        super().__init__(what, why, next_step)
        self.windows = windows
