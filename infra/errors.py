"""What the program says when it refuses a setting, a name or a script."""


class InfraError(Exception):
    """Something that whoever deploys can act on.

    Attributes:
        what: what failed, in one line.
        why: the rule and the value found, or the message of the part that refused.
        next_step: what to do about it.
    """

    def __init__(self, what: str, why: str = "", next_step: str = ""):
        self.what, self.why, self.next_step = what, why, next_step
        super().__init__("\n".join(part for part in (what, why, next_step) if part))
