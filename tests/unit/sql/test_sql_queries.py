"""The text of the queries that contracts make."""

import re

import pytest

from contracts import Contract, load_all
from sql import bounds, extract, ledger
from sql.bounds import known_range

CONTRACTS = {c.table: c for c in load_all()}


def renamed(contract: Contract, **source: str) -> Contract:
    """A contract with a source name that no contract file may have: names are quoted, not trusted."""
    return contract.model_copy(update={"source": contract.source.model_copy(update=source)})


def test_the_extract_names_and_casts_every_column():
    text = extract.extract(CONTRACTS["driver"])
    for name, value, kind in (
        ("driver_id", 't."driver_id"::integer', "integer"),
        ("full_name", 't."full_name"::text', "text"),
        ("rating", 't."rating"::numeric(3,2)', "numeric(3,2)"),
        ("licensed_on", 't."licensed_on"::date', "date"),
        ("updated_at", "(t.\"updated_at\" at time zone 'UTC')::timestamp", "timestamp"),
    ):
        guarded = f"case when p.held -> '{name}' is null then {value} else null::{kind} end as \"{name}\""
        assert guarded in text
    assert 't."is_deleted"::boolean as "is_deleted"' in text
    assert 'p.held::text as "_poison" from "mobility"."driver" t cross join' in text
    assert text.endswith(
        "where t.\"updated_at\" >= (%1$L::timestamp at time zone 'UTC') "
        "and t.\"updated_at\" < (%2$L::timestamp at time zone 'UTC')"
    )


def test_the_extract_of_an_integer_cursor_and_of_a_snapshot():
    text = extract.extract(CONTRACTS["trip_event"])
    assert text.endswith(' p where t."event_id" >= %1$L::bigint and t."event_id" < %2$L::bigint')
    assert extract.extract(CONTRACTS["zone"]).endswith(" p")


def test_a_lookback_lowers_what_is_read_and_not_the_high():
    raw = CONTRACTS["trip_event"]
    contract = raw.model_copy(update={"cursor": raw.cursor.model_copy(update={"lookback": 100})})
    text = extract.extract(contract)
    assert ">= greatest(%1$L::numeric - 100, -9223372036854775808)::bigint" in text
    assert text.endswith("< %2$L::bigint")


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_no_query_selects_every_column_or_names_a_function_of_ours(table):
    contract = CONTRACTS[table]
    for text in (extract.extract(contract), bounds.bounds(contract), known_range(contract)):
        assert not re.search(r"\bt\.\*|\bselect\s+\*", text)
        assert "control." not in text
        assert ";" not in text
        assert not re.search(r"\{[a-z_]+\}", text), "a word was left unfilled"


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_every_percent_sign_is_an_argument_or_doubled(table):
    contract = CONTRACTS[table]
    for text in (extract.extract(contract), bounds.bounds(contract), known_range(contract)):
        rest = re.sub(r"%%|%[1-3]\$L", "", text)
        assert "%" not in rest


@pytest.mark.parametrize("name", ['x"; drop table y; --', "100%s", "%1$L", "{low}", "it's"])
@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_a_hostile_source_name_stays_a_quoted_name(table, name):
    contract = renamed(CONTRACTS[table], table=name)
    quoted = '"' + name.replace('"', '""').replace("%", "%%") + '"'
    for text in (extract.extract(contract), bounds.bounds(contract), known_range(contract)):
        assert f'from "mobility".{quoted} t' in text


def test_the_wait_and_the_looks_come_in_the_order_of_the_proof():
    text = bounds.bounds(CONTRACTS["trip_event"])
    order = ["as candidate", "clock_timestamp() as at", "pg_sleep", "clock_timestamp() as now",
             "pg_stat_activity", "pg_prepared_xacts", "row_number()"]  # fmt: skip
    places = [text.index(step) for step in order]
    assert places == sorted(places)


def test_the_unit_of_a_timestamp_follows_its_precision():
    trip = CONTRACTS["trip"]
    for kind, unit in (("timestamp", 1), ("timestamp(3)", 1000), ("timestamp(0)", 1_000_000)):
        columns = tuple(
            c.model_copy(update={"type": kind}) if c.name == "updated_at" else c for c in trip.columns
        )
        assert f"%% {unit} + {unit})" in bounds.bounds(trip.model_copy(update={"columns": columns}))


def test_scripts_come_in_the_order_of_their_numbers():
    names = [name for name, _ in ledger.scripts()]
    assert names == sorted(names) and names[0] == "10_schema"
    assert all(text.strip() for _, text in ledger.scripts())


def test_a_contract_row_quotes_what_it_carries():
    contract = CONTRACTS["zone"].model_copy(update={"table": "x', 'y'); drop table control.ledger; --"})
    assert "p_table => 'x'', ''y''); drop table control.ledger; --'" in ledger.contract_row(contract)


def test_the_list_of_contracts_is_sorted_and_may_be_empty():
    text = "select control.keep_contracts(array['driver', 'trip', 'trip_event', 'zone']::text[]);\n"
    assert ledger.contract_list(reversed(list(CONTRACTS.values()))) == text
    assert ledger.contract_list([]) == "select control.keep_contracts(array[]::text[]);\n"
