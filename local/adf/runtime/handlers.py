"""Which code performs which type of activity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.adf.runtime.task import Task


@dataclass(frozen=True)
class Handler:
    """What performs a type of activity.

    Attributes:
        call: takes the task, gives the output; raises ActivityError.
        has_policy: whether policy.retry and policy.timeout apply (not to control activities).
        required: properties that must be declared.
        groups: what holds the activities inside it.
    """

    call: Callable[["Task"], object]
    has_policy: bool
    required: tuple[str, ...]
    groups: tuple[str, ...]


HANDLERS: dict[str, Handler] = {}


def handles(
    kind: str, *, policy: bool = False, required: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> Callable[[Callable], Callable]:
    """Declare the function that performs a type of activity."""

    def declare(call: Callable[["Task"], object]) -> Callable:
        HANDLERS[kind] = Handler(call, policy, required, groups)
        return call

    return declare
