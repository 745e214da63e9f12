"""The places at which a run of the job can break, by name: before and after each commit and each receipt.

Nobody listens but the tests of faults, which make the job fail or die there. A method that commits is marked by
`breakable`, so a step that is added tomorrow is tested without anyone naming it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Act = TypeVar("Act", bound=Callable[..., Any])

# Hears the name of each point as the job comes to it, from several threads; what it raises fails the table.
listener: Callable[[str], None] | None = None


def point(name: str) -> None:
    """The job has come to this point."""
    if listener is not None:
        listener(name)


def breakable(name: Callable[..., str]) -> Callable[[Act], Act]:
    """Puts a point before and one after a function; `name` gets its first argument."""

    def around(act: Act) -> Act:
        @wraps(act)
        def between(first: Any, *args: Any, **given: Any) -> Any:
            called = name(first)
            point(f"{called} {act.__name__}:before")
            answer = act(first, *args, **given)
            point(f"{called} {act.__name__}:after")
            return answer

        return between  # type: ignore[return-value]

    return around
