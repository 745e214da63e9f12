"""The zone lookup in the spellings that public copies have, and the synthetic drivers."""

from datetime import date
from decimal import Decimal

import pytest

from local.errors import HighwaterError
from local.source import drivers, zones
from local.source.generator import ZONES

EXPECTED = [
    (1, "EWR", "Newark Airport", "EWR"),
    (2, "Queens", "Jamaica Bay, North", "Boro Zone"),
    (264, "Unknown", "NV", "N/A"),
]
COPIES = {
    "quoted": """"LocationID","Borough","Zone","service_zone"
1,"EWR","Newark Airport","EWR"
2,"Queens","Jamaica Bay, North","Boro Zone"
264,"Unknown","NV","N/A"
""",
    "semicolons": """LocationID;Borough;Zone;service_zone
1;EWR;Newark Airport;EWR
2;Queens;Jamaica Bay, North;Boro Zone
264;Unknown;NV;N/A
""".replace("\n", "\r\n"),
    "whole lines quoted": '''"LocationID,""Borough"",""Zone"",""service_zone"""
"1,""EWR"",""Newark Airport"",""EWR"""
"2,""Queens"",""Jamaica Bay, North"",""Boro Zone"""
"264,""Unknown"",""NV"",""N/A"""
''',
    "other names, order and columns": """\ufeffzone,location_id,Service Zone,BOROUGH,miles
Newark Airport,1,EWR,EWR,3
"Jamaica Bay, North",2,Boro Zone,Queens,4

NV,264,N/A,Unknown,1
""",
}


@pytest.mark.parametrize("text", COPIES.values(), ids=COPIES)
def test_every_spelling_gives_the_same_zones(tmp_path, text):
    path = tmp_path / "zones.csv"
    path.write_text(text, encoding="utf-8")
    assert zones.read(path) == zones.ZoneFile(EXPECTED, {})


def test_only_an_empty_field_is_null_and_a_missing_service_zone_too():
    assert zones.parse("LocationID,Borough,Zone\n265,N/A,\n").zones == [(265, "N/A", None, None)]


def test_lines_that_are_no_zone_are_counted():
    text = "LocationID,Borough,Zone,service_zone\n56,Queens,Corona,Boro Zone\n56,Queens,Corona,Boro Zone\n"
    text += f"x,Queens,Corona,Boro Zone\n57,Queens\n58,Queens,{'C' * 65},Boro Zone\n"
    found = zones.parse(text)
    assert found.zones == [(56, "Queens", "Corona", "Boro Zone")]
    assert found.skipped == {
        "the id came before": 1,
        "the id is not a number": 1,
        "fields are missing": 1,
        "a name is too long": 1,
    }


@pytest.mark.parametrize("text", ["", "id,name\n1,a\n"], ids=["empty", "another table"])
def test_another_file_is_refused(text):
    with pytest.raises(HighwaterError, match="no column for zone_id, borough, zone_name"):
        zones.parse(text)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(HighwaterError, match=r"none\.csv: No such file"):
        zones.read(tmp_path / "none.csv")


def test_the_bundled_lookup():
    found = zones.read(ZONES)
    assert [z[0] for z in found.zones] == list(range(1, 266))
    assert found.skipped == {}
    assert found.zones[263:] == [(264, "Unknown", "NV", "N/A"), (265, "Unknown", "NA", "N/A")]
    assert [z[0] for z in found.zones if z[2] == "Corona"] == [56, 57]


def test_a_driver_follows_from_the_number_alone():
    assert drivers.driver(1) == drivers.driver(1)
    assert dict(zip(drivers.COLUMNS, drivers.driver(1), strict=True)) == {
        "driver_id": 1, "full_name": "Amber Hinge 1", "home_borough": "Queens", "vehicle_class": "accessible",
        "rating": Decimal("4.10"), "status": "active", "licensed_on": date(2006, 2, 23), "is_deleted": False,
    }  # fmt: skip


def test_drivers_keep_to_the_contract():
    rows = [dict(zip(drivers.COLUMNS, drivers.driver(n), strict=True)) for n in range(1, 501)]
    assert len({r["full_name"] for r in rows}) == 500
    assert all(Decimal("3.50") <= r["rating"] <= 5 and r["status"] in ("active", "paused") for r in rows)
    assert {r["vehicle_class"] for r in rows} == {"sedan", "van", "accessible"}
    assert all(date(2005, 1, 1) <= r["licensed_on"] < date(2023, 1, 1) for r in rows)
