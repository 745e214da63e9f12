"""A bill as it is written: lines of a quantity and a price for each cadence, and what a line needs to know."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.cost.activities import count
from local.cost.prices import Price, PriceTable
from local.cost.workload import DAYS, Cadence, Volume

Resource = Mapping[str, Any]
JOB, POOL = "databricks:index/job:Job", "databricks:index/instancePool:InstancePool"
Quantity = float | Callable[[Cadence], float]


@dataclass(frozen=True)
class Line:
    """One line: what it is for, its price, and a month's quantity for each cadence, in their order."""

    what: str
    price: Price
    quantities: tuple[float, ...]

    @property
    def usd(self) -> tuple[float, ...]:
        return tuple(quantity * self.price.usd for quantity in self.quantities)


@dataclass
class Bill:
    """What is declared and moved, and the lines that were written so far."""

    declared: Sequence[Resource]
    table: PriceTable
    volumes: Sequence[Volume]
    cadences: Sequence[Cadence]
    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, key: str, quantity: Quantity) -> None:
        """Write a line: a quantity for every cadence alike, or one that depends on it."""
        amounts = tuple(quantity(c) if callable(quantity) else float(quantity) for c in self.cadences)
        self.lines.append(Line(what, self.table.price(key), amounts))

    def of(self, token: str) -> list[Mapping[str, Any]]:
        """The inputs of every resource of a type."""
        return [r["inputs"] for r in self.declared if r["type"] == token]

    def rows(self, cadence: Cadence) -> float:
        """Rows that one run moves."""
        return sum(volume.moved(cadence) for volume in self.volumes)

    def windows(self, cadence: Cadence) -> float:
        """Copies of tables in one run."""
        return sum(volume.windows(cadence) for volume in self.volumes)

    def merges(self, cadence: Cadence) -> float:
        """How likely a run finds something to merge."""
        return min(1.0, self.windows(cadence))

    def landed_gb_per_day(self, cadence: Cadence) -> float:
        run = sum(volume.moved(cadence) * volume.bytes_per_row for volume in self.volumes)
        return run * cadence.runs_per_day / 1e9

    def live_gb(self) -> float:
        """What the source holds, as Parquet."""
        return sum(volume.rows * volume.bytes_per_row for volume in self.volumes) / 1e9

    def activities(self, cadence: Cadence) -> Counter:
        """Activities of one run by type."""
        pipelines = {p["pipelineName"]: p for p in self.of("azure-native:datafactory:Pipeline")}
        tables = len(self.volumes)
        return count(
            pipelines,
            "reload" if cadence.reload else "ingest",
            {"Load tables": tables, "Land windows": self.windows(cadence) / tables},
            {"Merge windows": self.merges(cadence), "Anything failed": 0},
        )

    def job_seconds(self, cadence: Cadence) -> float:
        """Of the merge job in a run that has something to merge, from its start on."""
        speed = self.table.assume("reload_rows_per_second" if cadence.reload else "merge_rows_per_second")
        return self._start_seconds(cadence) + self.table.assume("merge_seconds") + self.rows(cadence) / speed

    def _start_seconds(self, cadence: Cadence) -> float:
        """Of a cluster of the job's own, where it has one: sooner on machines that a pool kept for it."""
        if not any(job.get("jobClusters") for job in self.of(JOB)):
            return 0
        kept = any(p["idleInstanceAutoterminationMinutes"] > cadence.every_minutes for p in self.pools())
        return self.table.assume("warm_start_seconds" if kept else "cluster_start_seconds")

    def pools(self) -> list[Mapping[str, Any]]:
        """Pools of machines that clusters draw on."""
        return self.of(POOL)

    def copy_seconds(self, cadence: Cadence) -> float:
        """Of all copies of tables in a run, one after the other."""
        gb = self.landed_gb_per_day(cadence) / cadence.runs_per_day
        return gb * 1000 / self.table.assume("copy_mb_per_second")

    def log_gb(self, cadence: Cadence) -> float:
        """A month's logs."""
        kb = self.activities(cadence).total() * cadence.runs * self.table.assume("log_kb_per_activity")
        return kb / 1e6 + self.table.assume("log_mb_per_day") * DAYS / 1e3
