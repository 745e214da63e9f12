"""What a source's columns became: told when it does no harm, stopped before anything is written when it does."""

import re

import psycopg
import pytest

pytestmark = pytest.mark.postgres

CHANGES = {
    ("integer", "bigint"): "wider", ("bigint", "integer"): "narrower", ("integer", "numeric(12,2)"): "wider",
    ("integer", "numeric(9,0)"): "narrower", ("numeric(10,2)", "numeric(12,2)"): "wider",
    ("numeric(10,2)", "numeric(10,4)"): "narrower", ("numeric(10,2)", "numeric"): "wider",
    ("numeric", "numeric(38,10)"): "narrower", ("character varying(16)", "text"): "wider",
    ("character varying(16)", "character varying(8)"): "narrower", ("text", "character varying"): "same",
    ("timestamp(3) with time zone", "timestamp with time zone"): "wider",
    ("timestamp(6) with time zone", "timestamp with time zone"): "same",
    ("timestamp with time zone", "timestamp without time zone"): "another", ("integer", "text"): "another",
    ("boolean", "integer"): "another", ("uuid", "uuid"): "same", ("text", "jsonb"): "another",
    ("date", "timestamp with time zone"): "another", ("double precision", "real"): "another",
}  # fmt: skip


def test_every_change_of_a_type_has_its_name(site):
    found = {pair: site.one("select control.type_change(%s, %s)", *pair) for pair in CHANGES}
    assert found == CHANGES


def drifted(pipeline, site) -> tuple[int, str, str | None]:
    failed, message = pipeline.run()
    return failed, message, site.one("select drift from control.run_table order by batch_id desc limit 1")


@pytest.mark.parametrize(
    ("cursor", "wider", "told"),
    [
        ("timestamp", ", alter column thing_id type numeric", "thing_id is now numeric, wider than bigint; "),
        ("integer", "", ""),
    ],
)
def test_what_is_added_or_wider_is_told_and_left_as_it_is(site, contract_of, pipeline, cursor, wider, told):
    site.add(contract_of(cursor=cursor))
    at = {"at": "2024-01-01 00:00:00+00"} if cursor == "timestamp" else {}
    site.insert("thing", 1, **at)
    site.settle_clock()
    assert drifted(pipeline, site) == (0, "", None)
    site.control.execute(f"alter table mobility.thing add column weight numeric(5,1) {wider}")
    site.insert("thing", 2, **at)
    site.settle_clock()
    failed, _, notes = drifted(pipeline, site)
    assert failed == 0
    assert notes == f"{told}weight (numeric(5,1)) is new, and left out"
    assert site.one("select drift from control.status") == notes


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        ("alter column thing_id type integer", "thing_id was narrowed to integer, it was bigint"),
        ("alter column body type jsonb using to_jsonb(body)", "body is now jsonb, it was text"),
        ("alter column body type varchar(9)", "body was narrowed to character varying(9), it was text"),
    ],
)
def test_what_is_gone_retyped_or_narrower_stops_the_table_before_a_window_opens(
    site, contract_of, pipeline, alter, told
):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    site.control.execute(f"alter table mobility.thing {alter}")
    site.settle_clock()
    with pytest.raises(psycopg.errors.RaiseException, match=re.escape(told)) as stopped:
        pipeline.run()
    assert '"mobility"."thing"' in str(stopped.value)
    assert site.all("select * from control.ledger") == []
