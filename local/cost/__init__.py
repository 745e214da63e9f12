"""What a stack costs in a month, line by line: declared resources and volumes against a dated price table."""

from local.cost.estimate import Estimate, Line, estimate
from local.cost.prices import PriceTable, load
from local.cost.workload import Cadence, Volume, volumes

__all__ = ["Cadence", "Estimate", "Line", "PriceTable", "Volume", "estimate", "load", "volumes"]
