"""TLC's taxi zone lookup, in the spellings that public copies have.

They are separated by commas or semicolons, quoted once, twice (a whole line in quotes) or not at all, some
lack service_zone, some have columns more, and newer ones repeat ids 56 and 103. `N/A` and `NA` are text
here and never null; only an empty field is.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.errors import HighwaterError
from local.source import tables

# Column of the contract `zone` -> names in the file, lower case, without underscores and spaces.
_NAMES = {
    "zone_id": ("locationid", "zoneid"),
    "borough": ("borough",),
    "zone_name": ("zone", "zonename"),
    "service_zone": ("servicezone",),
}
_REQUIRED = ("zone_id", "borough", "zone_name")
_LENGTHS = {c: tables.contract("zone").column(c).parsed.args[0] for c in _NAMES if c != "zone_id"}
_LARGEST_ID = 2**31 - 1
Zone = tuple[int, str | None, str | None, str | None]


@dataclass(frozen=True)
class ZoneFile:
    """Zones by id in the order of the contract's columns, and lines that were left out by reason."""

    zones: list[Zone]
    skipped: dict[str, int]


def read(path: Path) -> ZoneFile:
    """Read a zone lookup.

    Raises:
        HighwaterError: there is no such file, it is not text, or columns are missing.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise HighwaterError(
            "The zone lookup can't be read", f"{path}: {why}", "Give TLC's taxi_zone_lookup.csv."
        ) from error
    return parse(text, path.name)


def parse(text: str, name: str = "the zone lookup") -> ZoneFile:
    """Parse the text of a zone lookup. Raises HighwaterError when columns are missing."""
    lines = list(_lines(text))
    header = [h.strip().lower().replace("_", "").replace(" ", "") for h in lines[0]] if lines else []
    where = {c: next((header.index(n) for n in names if n in header), None) for c, names in _NAMES.items()}
    missing = [c for c in _REQUIRED if where[c] is None]
    if missing:
        raise HighwaterError(
            f"{name} is not a taxi zone lookup",
            f"no column for {', '.join(missing)}; found: {', '.join(lines[0]) if lines else 'nothing'}",
            "Give TLC's taxi_zone_lookup.csv: LocationID, Borough, Zone, service_zone.",
        )
    zones: dict[int, Zone] = {}
    skipped: Counter[str] = Counter()
    for fields in lines[1:]:
        values = {c: _value(fields, i) for c, i in where.items()}
        number = values.pop("zone_id")
        if number is None or not number.isdecimal() or int(number) > _LARGEST_ID:
            skipped["the id is not a number"] += 1
        elif any(len(v) > _LENGTHS[c] for c, v in values.items() if v is not None):
            skipped["a name is too long"] += 1
        elif len(fields) < len(header):
            skipped["fields are missing"] += 1
        elif int(number) in zones:
            skipped["the id came before"] += 1
        else:
            zones[int(number)] = (int(number), *values.values())
    return ZoneFile(sorted(zones.values()), dict(skipped))


def _lines(text: str):
    """The fields of each line that is not empty."""
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    for fields in csv.reader(io.StringIO(text), delimiter=separator):
        if len(fields) == 1 and separator in fields[0]:  # the whole line was quoted
            fields = next(csv.reader([fields[0]], delimiter=separator))
        if any(f.strip() for f in fields):
            yield fields


def _value(fields: list[str], index: int | None) -> str | None:
    return (fields[index].strip() or None) if index is not None and index < len(fields) else None


def write(connection: psycopg.Connection, zones: list[Zone], only_if_empty: bool = False) -> int:
    """Insert zones and update those that differ. Returns how many were written."""
    written = 0
    with connection.transaction(), connection.cursor() as cursor:
        if only_if_empty and cursor.execute(_ANY).fetchone() is not None:
            return 0
        for zone in zones:
            cursor.execute(_UPSERT, zone)
            written += cursor.rowcount
    return written


_ANY = tables.query("select 1 from {zone} limit 1")
_UPSERT = tables.query("""
    insert into {zone} as z (zone_id, borough, zone_name, service_zone) values (%s, %s, %s, %s)
    on conflict (zone_id) do update
    set borough = excluded.borough, zone_name = excluded.zone_name, service_zone = excluded.service_zone
    where (z.borough, z.zone_name, z.service_zone)
        is distinct from (excluded.borough, excluded.zone_name, excluded.service_zone)
""")
