"""The Delta tables of one contract, and the clock of the steps that write them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from highwater_transforms import lookup
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable
from highwater_transforms.lake import Lake
from highwater_transforms.lookup import Found


@dataclass
class Clock:
    """Seconds by step."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.steps[name] = round(time.monotonic() - began, 3)


@dataclass(frozen=True)
class Tables:
    """The Delta tables of one contract."""

    spark: SparkSession
    lake: Lake
    contract: Contract

    def of(self, container: str, name: str) -> DeltaTable:
        return DeltaTable(self.spark, self.lake.uri(container, name))

    @property
    def silver(self) -> DeltaTable:
        return self.of("silver", self.contract.table)

    @property
    def gold(self) -> DeltaTable:
        return self.of("gold", self.contract.gold.table)

    @property
    def last(self) -> DeltaTable:
        """The table of gold that carries the note of what all of them are built from."""
        return self.of(
            "gold", [self.contract.gold.table, *(a.table for a in self.contract.gold.aggregates)][-1]
        )

    def dimensions(self, versions: Mapping[str, int]) -> Found:
        """The gold tables that the contract looks up, those that are there.

        Args:
            versions: those that the run knows already; the others are asked for.
        """
        found = {name: self.of("gold", name) for name in {k.dimension for k in lookup.joined(self.contract)}}
        there = {n: t for n, t in found.items() if n in versions or t.columns() is not None}
        # The version first: rows of a later commit are only taken in twice.
        at = {name: versions[name] if name in versions else table.version() for name, table in there.items()}
        return Found({name: table.frame() for name, table in there.items()}, at)
