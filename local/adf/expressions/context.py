"""What an expression can see while it is evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_EMPTY: dict = {}


class _Outside:
    """Marks that there is no item: null is an item like any other."""

    def __repr__(self) -> str:
        return "<no item>"


OUTSIDE = _Outside()


@dataclass
class Context:
    """The scope of one evaluation.

    Attributes:
        pipeline: properties of pipeline(): parameters, globalParameters, RunId, Pipeline, ...
        variables: name -> value.
        activities: name -> {output, status, error, ...} of the activities that have ended.
        item: the current item of a ForEach or Filter, OUTSIDE when there is none.
        dataset: parameters of the dataset that is being read, None outside of one.
        linked_service: parameters of the linked service that is being read, None outside of one.
        trigger: scheduledTime, startTime, outputs of the trigger that fires, None outside of one.
    """

    pipeline: Mapping = field(default_factory=lambda: {"parameters": {}, "globalParameters": {}})
    variables: Mapping = field(default_factory=dict)
    activities: Mapping = field(default_factory=dict)
    item: object = OUTSIDE
    dataset: Mapping | None = None
    linked_service: Mapping | None = None
    trigger: Mapping | None = None
