"""Bytes of a landed row, as a run of the declared pipelines leaves them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from local.cost.measured import LEAST_ROWS, bytes_per_row

pytestmark = pytest.mark.postgres

ZONES = """insert into mobility.zone (zone_id, borough, zone_name, service_zone)
           select n, 'Borough ' || n, 'Zone ' || n, 'Yellow' from generate_series(1, {n}) n"""
DRIVER = """insert into mobility.driver (driver_id, full_name, vehicle_class, status, is_deleted, updated_at)
            values (1, 'Driver', 'van', 'active', false, now() - interval '1 hour')"""


@dataclass
class Stack:
    """What is asked of a local stack: its control database and its lake."""

    control: str
    lake: Path

    def container(self, name: str) -> Path:
        return self.lake / name


def test_bytes_of_a_row_are_those_of_the_landed_files(bench):
    bench.tell(ZONES.format(n=LEAST_ROWS))
    bench.tell(DRIVER)
    assert bench.runtime.run("ingest").status == "Succeeded"
    files = list((bench.lake / "landing" / "zone").rglob("*.parquet"))
    size = sum(file.stat().st_size for file in files)
    # One driver says nothing of drivers, and is left out.
    assert bytes_per_row(Stack(bench.control, bench.lake)) == {"zone": size / LEAST_ROWS}
    assert 5 < size / LEAST_ROWS < 100


def test_a_stack_that_has_landed_nothing_measures_nothing(bench):
    assert bytes_per_row(Stack(bench.control, bench.lake)) == {}
