"""What of a run's work is done at once, and what waits: a fact is served after the dimensions that it looks up."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from highwater_transforms.errors import TransformError
from highwater_transforms.plan import TablePlan

T = TypeVar("T")
Ready = Callable[[], list[tuple[TablePlan, T]]]
Work = Callable[[TablePlan, Ready], T]


def _is_dimension(planned: TablePlan) -> bool:
    try:
        return planned.contract().gold.role == "dimension"
    except TransformError:  # its own task tells
        return False


def dimensions_first(plans: Sequence[TablePlan], work: Work, at_once: int) -> list[T]:
    """What `work` gives for each plan, `at_once` at a time, dimensions begun first.

    `work` gets the plan and a function that returns when every dimension's work is over, failed or not, and gives what
    came of it: a failed dimension does not stop a fact, which is served with what is there. Dimensions are begun first
    and wait for nobody, so none can be kept out by facts that wait for it.
    """
    first = [p for p in plans if _is_dimension(p)]
    last = [p for p in plans if p not in first]
    begun: list[Future] = []
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        begun.extend(pool.submit(work, p, list) for p in first)
        dimensions = tuple(begun)

        def ready() -> list[tuple[TablePlan, T]]:
            return [(p, done.result()) for p, done in zip(first, dimensions, strict=True)]

        begun.extend(pool.submit(work, p, ready) for p in last)
        return [done.result() for done in begun]


def side_by_side(work: Callable[[T], None], each: Collection[T]) -> None:
    """Do the work for each at the same time: much of a small commit is the driver's own waiting.

    All of it is over when this returns, and when it raises what the first of `each` that failed did.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(each))) as pool:
        begun = [pool.submit(work, one) for one in each]
    for done in begun:
        done.result()
