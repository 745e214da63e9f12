"""What can go wrong: in a definition before a run, in an activity, in a run as a whole."""

from local.errors import HighwaterError


class DefinitionError(HighwaterError):
    """A pipeline that is refused before it starts.

    Attributes:
        findings: one sentence a fault, each with the pipeline, the activity and what was found.
    """

    def __init__(self, pipeline: str, findings: list[str]):
        self.findings = findings
        super().__init__(
            f"The pipeline {pipeline} can't run as it is declared:",
            "\n".join(f"  - {finding}" for finding in findings),
            "Correct the declaration; docs/adf-runtime.md lists what is supported.",
        )


class RunRefused(HighwaterError):
    """A run that was not started: a parameter is missing or wrong, or the pipeline's queue is full."""


class ActivityError(Exception):
    """Why an activity failed, as activity('X').error shows it.

    Attributes:
        message: what failed, where and why.
        code: the error code; the service's own where it has one.
        kind: UserError for what the user can correct, SystemError for the rest.
    """

    def __init__(self, message: str, code: str = "2000", kind: str = "UserError"):
        self.message, self.code, self.kind = message, code, kind
        super().__init__(message)


class RunStopped(BaseException):
    """A hook raised: the run ends there, as if its process had died. `cause` is what the hook raised."""

    def __init__(self, cause: BaseException):
        self.cause = cause
        super().__init__(str(cause))


class RunCancelled(BaseException):
    """The run is being cancelled: nothing more is started in it."""
