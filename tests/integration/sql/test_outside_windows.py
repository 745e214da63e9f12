"""Rows whose cursor lies in no window: found in every run, landed by policy as a picture of them all, and named."""

import datetime

import psycopg
import pytest

pytestmark = pytest.mark.postgres
ODD = {
    10: None,
    11: "infinity",
    12: "-infinity",
    13: "2999-01-01 00:00:00+00",
    14: "0044-03-15 00:00:00+00 BC",
}


def odd_table(site, contract_of, **changes) -> None:
    """A table with two good rows and five odd ones."""
    site.add(contract_of(nullable=True, **changes))
    site.insert("thing", 1, 2, at="2024-01-01 00:00:00+00")
    for key, at in ODD.items():
        site.control.execute("insert into mobility.thing values (%s, 'odd', %s)", [key, at])


def told(site) -> tuple:
    return site.all("select outside_rows, outside from control.run_table order by batch_id desc limit 1")[0]


def pictures(site) -> list[tuple]:
    return [(w[2], w[3], w[4]) for w in site.windows(kind="quarantine")]


@pytest.mark.parametrize("kind", ["timestamp", "timestamp(0)", "localtime"])
def test_they_land_by_key_as_finite_rows_once_until_they_change(site, contract_of, pipeline, kind):
    odd_table(site, contract_of, type=kind)
    assert pipeline.run() == (0, "")
    assert told(site) == (5, "1 before year 1, 1 in the far future, 2 infinite, 1 null")
    assert site.all("select outside_rows, outside from control.status") == [told(site)]
    assert pictures(site) == [("merged", 1, 5)]
    landed = {r["thing_id"]: r["updated_at"] for r in pipeline.landing["thing/2/1"]}
    first, last = datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert landed == {10: None, 11: last, 12: first, 13: datetime.datetime(2999, 1, 1), 14: first}
    assert pipeline.run() == (0, "")
    assert pictures(site) == [("merged", 1, 5)], "what did not change does not land again"
    site.control.execute(
        "update mobility.thing set body = 'mended', updated_at = '2024-01-02' where thing_id = 11"
    )
    site.control.execute("alter table mobility.thing disable trigger user")
    site.control.execute("update mobility.thing set body = 'changed' where thing_id = 12")
    assert pipeline.run() == (0, "")
    assert pictures(site) == [("merged", 1, 5), ("merged", 1, 4)]
    assert site.watermark() < "2100"
    assert site.breaches() == []


def test_when_all_were_put_right_one_picture_without_rows_says_so(site, contract_of, pipeline):
    odd_table(site, contract_of)
    pipeline.run()
    site.control.execute("update mobility.thing set updated_at = '2024-01-02' where thing_id >= 10")
    for _ in range(2):
        assert pipeline.run() == (0, "")
        assert pictures(site) == [("merged", 1, 5), ("merged", 1, 0)]
    assert told(site) == (0, None)
    site.control.execute("insert into mobility.thing values (20, 'odd', 'infinity')")
    pipeline.run()
    assert [rows for _, _, rows in pictures(site)] == [5, 0, 1]
    assert site.breaches() == []


def test_a_picture_that_did_not_land_is_finished_by_the_next_run(site, contract_of, pipeline, crash):
    odd_table(site, contract_of)
    pipeline.run()
    site.control.execute("insert into mobility.thing values (20, 'odd', 'infinity')")
    with pytest.raises(crash):
        pipeline.run(crash_at=5)  # begin run, begin table, bounds, open windows, copy
    assert pictures(site)[-1] == ("open", 1, None)
    assert pipeline.run() == (0, "")
    assert pictures(site) == [("merged", 1, 5), ("merged", 2, 6)]


def test_refuse_stops_the_table_before_anything_is_written(site, contract_of, pipeline):
    odd_table(site, contract_of, nulls="refuse")
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        pipeline.run()
    assert refused.value.diag.message_primary == (
        '1 rows of "mobility"."thing" have no updated_at, and the contract refuses them'
    )
    assert site.windows() == [] and pictures(site) == []
    site.control.execute("delete from mobility.thing where updated_at is null")
    assert pipeline.run() == (0, "")
    assert pictures(site) == [("merged", 1, 4)]


def test_skip_counts_and_does_not_land_them(site, contract_of, pipeline):
    odd_table(site, contract_of, nulls="skip")
    pipeline.run()
    assert told(site)[1].endswith("1 null (skipped)")
    assert pictures(site) == [("merged", 1, 4)]
    assert 10 not in {r["thing_id"] for r in pipeline.landing["thing/2/1"]}


def test_rows_a_few_hours_ahead_wait_for_their_time(site, contract_of, pipeline):
    site.add(contract_of())
    site.control.execute("insert into mobility.thing values (1, 'early', now() + interval '5 hours')")
    pipeline.run()
    assert told(site) == (0, None) and pictures(site) == []


def test_integers_beyond_the_last_window(site, contract_of, pipeline):
    site.add(contract_of(cursor="integer"))
    site.insert("thing", 1, 9223372036854775807)
    assert pipeline.run() == (0, "")
    assert told(site) == (1, "1 the highest bigint")
    assert pictures(site) == [("merged", 1, 1)]
    assert pipeline.lost_or_doubled("thing") == [(9223372036854775807, "x")], "it is kept out of silver"


def test_the_index_alone_finds_them(site, contract_of):
    thing = site.add(contract_of())
    site.control.execute("insert into mobility.thing select i, 'x', timestamptz '2024-01-01' + i * interval '1 s' "
                         "from generate_series(1, 20000) i")  # fmt: skip
    site.control.execute("vacuum analyze mobility.thing")
    plans: list[str] = []

    def explain(text: str) -> str:
        plans.extend(r[0] for r in site.all("explain (costs off) " + text.replace("%", "%%")))
        return text

    site.bounds(thing, "2024-01-01 05:00:00.000000", instrument=explain)
    plan = "\n".join(plans)
    assert "BitmapOr" in plan and "Seq Scan on thing" not in plan
