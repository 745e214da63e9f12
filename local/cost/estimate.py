"""The month's estimate: every declared resource has a line, costs nothing, or is named as not priced."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.cost.bill import Bill, Line, Resource
from local.cost.lines import ELSEWHERE, WRITERS
from local.cost.prices import PriceTable
from local.cost.workload import Cadence, Volume


@dataclass(frozen=True)
class Estimate:
    """A month's bill.

    Attributes:
        cadences: the ways to keep fresh that stand beside each other.
        lines: those of one name are added up.
        minutes: how long the copies and the job of one run take, by cadence; more than the interval means that
            runs would queue up.
        unpriced: declared types that neither have a price nor are known to cost nothing.
    """

    cadences: tuple[Cadence, ...]
    lines: tuple[Line, ...]
    minutes: tuple[float, ...]
    unpriced: tuple[str, ...]

    @property
    def totals(self) -> tuple[float, ...]:
        """US dollars a month, by cadence."""
        return tuple(sum(line.usd[i] for line in self.lines) for i in range(len(self.cadences)))

    def keeps_up(self, index: int) -> bool:
        """Whether a run ends before the next one begins."""
        return self.minutes[index] <= self.cadences[index].every_minutes


def _summed(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines of one name as one."""
    found: dict[str, Line] = {}
    for line in lines:
        before = found.get(line.what)
        added = line.quantities
        if before is not None:
            added = tuple(a + b for a, b in zip(before.quantities, line.quantities, strict=True))
        found[line.what] = Line(line.what, line.price, added)
    return tuple(found.values())


def estimate(
    declared: Sequence[Resource],
    table: PriceTable,
    volumes: Sequence[Volume],
    cadences: Sequence[Cadence],
) -> Estimate:
    """Price what a stack declares and moves.

    Args:
        declared: `local.declare.resources` of the stack.
        cadences: the ways to keep the lake fresh; the same declared resources serve each.

    Raises:
        HighwaterError: a resource asks for a price that the table lacks, as a size of server.
    """
    bill = Bill(declared, table, volumes, cadences)
    unpriced = set()
    for resource in declared:
        token = resource["type"]
        if token in WRITERS:
            WRITERS[token](bill, resource["inputs"])
        elif token not in ELSEWHERE and not table.costs_nothing(token):
            unpriced.add(token)
    minutes = tuple((bill.copy_seconds(c) + bill.job_seconds(c)) / 60 for c in cadences)
    return Estimate(tuple(cadences), _summed(bill.lines), minutes, tuple(sorted(unpriced)))
