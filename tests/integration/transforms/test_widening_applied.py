"""A contract that widens its columns: stored tables and what is served take the wider types, with every value."""

import pytest

from contracts import Contract

pytestmark = pytest.mark.spark


@pytest.mark.slow
def test_a_wider_contract_is_applied_to_every_table_and_a_narrower_one_refused(lake, ride):
    def row(number: int, **more) -> dict:
        return {
            "id": number,
            "zone": 5,
            "cents": 2,
            "cancelled": False,
            "at": f"2024-01-01 1{number}:00:00",
            **more,
        }

    lake.run(lake.land(ride, [row(1), row(2, cents=-1)]))
    given = ride.model_dump(mode="json", by_alias=True)
    types = {"zone": "bigint", "cents": "decimal(21,2)"}
    given["gold"]["aggregates"][0]["group_by"][0]["type"] = "bigint"
    wide = Contract.model_validate(
        given
        | {"columns": [c | {"type": types.get(c["name"], c["type"])} for c in given["columns"]]}
        | {"rules": [r for r in given["rules"] if r["name"] == "not_negative"]}
    )
    receipt = lake.run(lake.land(wide, [row(2, zone=3_000_000_000, cents="0.25")]))
    assert receipt.status == "merged", receipt.error
    for container, table in (("bronze", "ride"), ("silver", "ride"), ("gold", "fact_ride")):
        stored = dict(lake.frame(container, table).dtypes)
        assert (stored["zone"], stored["cents"]) == ("bigint", "decimal(21,2)"), container
    served = [(i, z, str(c)) for i, z, c in lake.rows("gold", "fact_ride", "id", "zone", "cents")]
    assert served == [(1, 5, "2.00"), (2, 3_000_000_000, "0.25")]
    assert [r[:2] for r in lake.rows("bronze", "ride", "_window_id", "id")] == [(1, 1), (1, 2), (2, 2)]
    assert [r[0] for r in lake.rows("gold", "agg_zone", "zone", "rides") if r[1]] == [5, 3_000_000_000]
    refused = lake.run(lake.land(ride, [row(3)]))
    assert refused.status == "failed"
    assert "zone: bigint stored, int wanted; cents: decimal(21,2) stored, bigint wanted" in refused.error
