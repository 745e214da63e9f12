"""A contract that cannot be honoured is refused, naming file, key, rule and the value found."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from contracts import CONTRACTS_DIR, ContractError, load_all, load_file
from sql.ledger import contract_row

GOOD = {
    "table": "thing",
    "description": "A thing",
    "owner": "things",
    "source": {"schema": "shop", "table": "thing"},
    "columns": [
        {"name": "id", "type": "bigint", "nullable": False},
        {"name": "price", "type": "decimal(10,2)"},
        {"name": "weight", "type": "double"},
        {"name": "maybe_at", "type": "timestamp"},
        {"name": "updated_at", "type": "timestamp", "nullable": False},
    ],
    "primary_key": ["id"],
    "mode": "upsert",
    "cursor": {"column": "updated_at", "kind": "timestamp"},
    "freshness": "15m",
    "gold": {"table": "fact_thing", "role": "fact"},
}


def write(tmp_path: Path, **changes) -> Path:
    path = tmp_path / "thing.yaml"
    path.write_text(yaml.safe_dump(GOOD | changes))
    return path


def test_the_order_in_which_keys_are_written_changes_nothing(tmp_path):
    member = {"id": -1, "price": 0, "weight": 0, "maybe_at": None}
    read = []
    for names in (list(member), list(reversed(member))):
        body = GOOD | {
            "gold": {"table": "dim_thing", "role": "dimension", "unknown": {n: member[n] for n in names}}
        }
        path = tmp_path / "thing.yaml"
        path.write_text(yaml.safe_dump(body, sort_keys=False))
        read.append(load_file(path))
    one, other = read
    assert list(one.gold.unknown) != list(other.gold.unknown)
    assert contract_row(one) == contract_row(other)


def refusal(path: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load_file(path)
    assert caught.value.file == path.name
    return str(caught.value)


def test_a_good_contract_is_read(tmp_path):
    contract = load_file(write(tmp_path))
    assert contract.column_names == ("id", "price", "weight", "maybe_at", "updated_at")
    assert contract.freshness == timedelta(minutes=15)
    assert contract.column("price").parsed.spark == "decimal(10,2)"


@pytest.mark.parametrize(
    ("changes", "key", "rule", "found"),
    [
        ({"cursor": {"column": "maybe_at", "kind": "timestamp"}}, "cursor.nulls", "policy for null", "maybe_at"),
        ({"cursor": {"column": "maybe_at", "kind": "timestamp", "nulls": "include"}, "history": "scd2"},
         "cursor.nulls", "no place in a history", "include"),
        ({"cursor": {"column": "weight", "kind": "integer", "nulls": "skip"}}, "cursor.column", "float", "double"),
        ({"cursor": {"column": "price", "kind": "integer", "nulls": "skip"}}, "cursor.column", "kind integer", "price"),
        ({"cursor": {"column": "gone", "kind": "timestamp"}}, "cursor.column", "must name a column", "'gone'"),
        ({"cursor": None}, "cursor", "needs a cursor", "None"),
        ({"mode": "append", "primary_key": [],
          "cursor": {"column": "updated_at", "kind": "timestamp", "lookback": "5m"}},
         "cursor.lookback", "without a primary key|needs a primary key", "300"),
        ({"mode": "append", "cursor": {"column": "id", "kind": "integer"},
          "source": {"schema": "shop", "table": "thing", "sequence_cache": 20}},
         "source.sequence_cache", "needs a lookback", "20"),
        ({"cursor": {"column": "updated_at", "kind": "timestamp", "lookback": 7}}, "cursor.lookback", "not fit", "7"),
        ({"source": {"schema": "shop", "table": "thing", "indexed": False}}, "source.indexed", "index", "False"),
        ({"columns": [*GOOD["columns"], {"name": "price", "type": "text"}]}, "columns", "named once", "'price'"),
        ({"columns": [*GOOD["columns"], {"name": "x", "type": "money"}]}, "columns.5.type", "unknown type", "'money'"),
        ({"columns": [*GOOD["columns"], {"name": 'x"; drop', "type": "text"}]}, "columns.5.name", "lower case", "drop"),
        ({"rules": [{"name": "r", "condition": "colour = 1"}]}, "rules.r.condition", "only use columns", "'colour'"),
        ({"rules": [{"name": "r", "condition": "price >"}]}, "rules.r.condition", "Spark SQL", "price >"),
        ({"columns": [*GOOD["columns"], {"name": "batch_id", "type": "text"}]}, "columns", "views' own", "batch_id"),
        ({"mode": "append", "primary_key": [], "cursor": {"column": "id", "kind": "integer"},
          "columns": [*GOOD["columns"], {"name": "x", "type": "text", "sensitive": True}]},
         "primary_key", "join", "'x'"),
        ({"mode": "snapshot"}, "cursor", "read whole", "updated_at"),
        ({"primary_key": []}, "primary_key", "needs a primary key", "()"),
        ({"primary_key": ["price"]}, "primary_key", "nullable", "price"),
        ({"deletes": {"kind": "soft"}}, "deletes.column", "flags them", "None"),
        ({"colour": "red"}, "colour", "not permitted", "red"),
        ({"table": "other"}, "table", "file's name", "other"),
        ({"freshness": "soon"}, "freshness", "duration", "soon"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_honoured_is_refused_by_name(tmp_path, changes, key, rule, found):
    text = refusal(write(tmp_path, **changes))
    assert text.startswith("thing.yaml: ")
    assert f"{key}: " in text
    assert any(part in text for part in rule.split("|"))
    assert found in text


def test_every_breach_is_named_and_not_just_the_first(tmp_path):
    text = refusal(
        write(tmp_path, cursor=None, primary_key=["gone"], rules=[{"name": "r", "condition": "x > 1"}])
    )
    assert len(text.splitlines()) == 3


def test_a_file_that_is_not_yaml_is_refused(tmp_path):
    path = tmp_path / "thing.yaml"
    path.write_text("table: [")
    assert "must be YAML" in refusal(path)
    path.write_text("just text")
    assert "must be a mapping" in refusal(path)


def test_two_contracts_may_not_serve_one_name(tmp_path):
    write(tmp_path)
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(GOOD | {"table": "other"}))
    with pytest.raises(ContractError, match="serve one name"):
        load_all(tmp_path)


def test_the_version_changes_with_anything_in_the_contract_and_with_nothing_else(tmp_path):
    first = load_file(write(tmp_path)).version
    assert load_file(write(tmp_path)).version == first
    assert load_file(write(tmp_path, description="Another thing")).version != first


def test_the_projects_contracts_hold():
    contracts = {c.table: c for c in load_all()}
    assert set(contracts) == {p.stem for p in CONTRACTS_DIR.glob("*.yaml")}
    assert {"trip", "trip_event", "driver", "zone"} <= set(contracts)
    assert (contracts["trip"].mode, contracts["trip"].history) == ("upsert", "latest")
    assert (contracts["trip_event"].mode, contracts["trip_event"].cursor.kind) == ("append", "integer")
    assert contracts["driver"].history == "scd2"
    assert contracts["zone"].mode == "snapshot"


def test_what_spark_gets_is_in_sparks_own_words():
    trip = next(c for c in load_all() if c.table == "trip")
    plan = trip.plan_json()
    assert '"name":"pickup_at","nullable":false,"sensitive":false,"type":"timestamp"' in plan
    assert '"deleted_flag":"is_deleted"' in plan
    assert trip.column("trip_distance").parsed.tsql == "DECIMAL(12,2)"
    assert trip.column("status").parsed.tsql == "VARCHAR(64) COLLATE Latin1_General_100_BIN2_UTF8"
    assert (
        trip.column("pickup_at").parsed.extract('"pickup_at"')
        == "(\"pickup_at\" at time zone 'UTC')::timestamp"
    )
