"""Synthetic drivers. TLC names none; these follow from their number alone and are the same everywhere."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import psycopg
from psycopg import sql

from local.source import tables

# Words, not people: nobody is called this.
_FIRST = ("Amber", "Basil", "Cedar", "Dahlia", "Elm", "Fennel", "Ginger", "Hazel", "Iris", "Juniper",
          "Laurel", "Maple", "Nettle", "Olive", "Poppy", "Quince", "Rowan", "Sorrel", "Tansy",
          "Willow")  # fmt: skip
_LAST = ("Anvil", "Beacon", "Compass", "Derrick", "Easel", "Flint", "Gasket", "Hinge", "Inkwell", "Jigsaw",
         "Keystone", "Lantern", "Mallet", "Needle", "Oarlock", "Pulley", "Quoin", "Rivet", "Spindle",
         "Trestle")  # fmt: skip
BOROUGHS = ("Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island")
CLASSES = ("sedan", "sedan", "sedan", "van", "accessible")
_SINCE = date(2005, 1, 1)
_DAYS = 18 * 365
COLUMNS = ("driver_id", "full_name", "home_borough", "vehicle_class", "rating", "status", "licensed_on",
           "is_deleted")  # fmt: skip


def driver(number: int) -> tuple:
    """One driver's values in the order of COLUMNS."""
    parts = hashlib.sha256(f"driver {number}".encode()).digest()
    name = f"{_FIRST[parts[0] % len(_FIRST)]} {_LAST[parts[1] % len(_LAST)]} {number}"
    return (
        number,
        name,
        BOROUGHS[parts[2] % len(BOROUGHS)],
        CLASSES[parts[3] % len(CLASSES)],
        Decimal(350 + int.from_bytes(parts[4:6]) % 151) / 100,
        "paused" if parts[6] < 8 else "active",
        _SINCE + timedelta(days=int.from_bytes(parts[7:9]) % _DAYS),
        False,
    )


def write(connection: psycopg.Connection, count: int) -> int:
    """Insert drivers 1 to `count` unless they are there. Returns how many are new."""
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "create temp table driver_staging on commit drop as select {} from {} with no data"
            ).format(columns, tables.name("driver"))
        )
        with cursor.copy(sql.SQL("copy driver_staging ({}) from stdin").format(columns)) as copy:
            for number in range(1, count + 1):
                copy.write_row(driver(number))
        cursor.execute(
            sql.SQL(
                "insert into {} ({columns}) select {columns} from driver_staging order by driver_id"
                " on conflict (driver_id) do nothing"
            ).format(tables.name("driver"), columns=columns)
        )
        return cursor.rowcount
