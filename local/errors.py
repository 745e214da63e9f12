"""The one shape of an error that a user of the command line meets."""


class HighwaterError(Exception):
    """Something that a user can act on.

    Attributes:
        what: what failed, in one line.
        why: what was found, the value or the message of the part that refused.
        next_step: what to do about it.
    """

    def __init__(self, what: str, why: str = "", next_step: str = ""):
        self.what, self.why, self.next_step = what, why, next_step
        super().__init__("\n".join(part for part in (what, why, next_step) if part))
