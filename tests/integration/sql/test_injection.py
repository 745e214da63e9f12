"""Whatever text a name or value is, PostgreSQL reads it as that text: literals, identifiers, templates, expressions."""

import json

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts import Contract
from local.adf.expressions import Context, evaluate
from pipelines.expr import pipeline_param, sql, sql_text
from sql import ledger, template

pytestmark = pytest.mark.postgres

# PostgreSQL's text holds every character but NUL; lone surrogates are no UTF-8.
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=40)
NASTY = st.text(st.sampled_from("'\"\\%$;-{}@[]()/*\n Ax1"), max_size=20)
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(value=st.one_of(TEXT, NASTY))
@example(value="'; drop schema control cascade; --")
@example(value="\\'; select 1; --")
def test_a_literal_is_its_text_also_through_a_template_and_a_pipeline_s_expression(site, value):
    assert site.control.execute(f"select {template.literal(value)}").fetchone() == (value,)
    filled = template.fill("select {word}::text where {low} = {low}", {}, word=template.literal(value))
    (again,) = site.control.execute("select format(%s, 'x')", [filled]).fetchone()
    assert site.control.execute(again).fetchone() == (value,)
    statement = evaluate(
        str(sql("select {given}", given=sql_text(pipeline_param("given")))),
        Context(pipeline={"parameters": {"given": value}}),
    )
    assert site.control.execute(statement).fetchone() == (value,)


@quick
@given(name=st.one_of(TEXT, NASTY).filter(lambda n: 0 < len(n.encode()) <= 63))
@example(name='a"; drop schema control cascade; --')
def test_an_identifier_is_its_name(site, name):
    cursor = site.control.execute(f"select 1 as {template.identifier(name)}")
    assert cursor.description[0].name == name


@quick
@given(text=st.one_of(TEXT, NASTY))
def test_what_a_contract_says_in_words_reaches_the_control_database_as_it_is(site, contract_of, text):
    given_ = contract_of().model_dump(mode="json", by_alias=True)
    contract = Contract.model_validate(given_ | {
        "description": text, "owner": text or "o",
        "rules": [{"name": "odd", "condition": text, "severity": "warn"}],
    })  # fmt: skip
    site.control.execute(ledger.contract_row(contract))
    plan, definition = site.all("select plan, definition from control.contract")[0]
    assert json.loads(plan)["rules"][0]["condition"] == text
    assert Contract.model_validate_json(definition) == contract


def test_what_an_operator_types_is_a_value_and_never_a_statement(site, contract_of):
    site.add(contract_of())
    odd = "thing'; drop table control.ledger; --"
    calls = {
        "select control.begin_run('r1', 'ingest', 'live', %s)": "no such table",
        "select control.begin_request('r2', 'backfill', 'backfill', 'thing', %s, '', '', '', '')": "no bound",
        "select control.begin_release('r3', 'release', %s, '', '')": "nothing to release",
        "select control.begin_release('r4', 'release', 'thing', '', %s)": "no JSON array",
    }  # fmt: skip
    for call, why in calls.items():
        with pytest.raises(psycopg.errors.RaiseException, match=why):
            site.control.execute(call, [odd])
    assert site.all("select * from control.ledger") == []
