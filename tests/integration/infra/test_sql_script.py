"""SQL scripts as resources, on a real PostgreSQL: applied, re-applied, taken back, refused."""

import threading

import psycopg
import pytest

from infra.errors import InfraError
from infra.sql_drivers import postgresql
from infra.sql_script import _Provider

pytestmark = pytest.mark.postgres


def props(database, script: str, undo: str | None = None, **changed: str) -> dict:
    given = {
        "driver": "postgresql", "server": database.host, "database": database.name, "user": "postgres",
        "name": "things", "script": script, "undo": undo,
    }  # fmt: skip
    return given | changed


def rows(database, query: str) -> list[tuple]:
    with psycopg.connect(database.conninfo()) as connection:
        return connection.execute(query).fetchall()


def test_a_script_is_run_at_create_and_again_at_update(database):
    made = _Provider().create(
        props(database, "create table thing (n int); insert into thing values (1), (2);")
    )
    assert made.id == f"{database.name}/things"
    assert rows(database, "select n from thing order by n") == [(1,), (2,)]
    _Provider().update(made.id, made.outs, props(database, "insert into thing values (3)"))
    assert rows(database, "select n from thing order by n") == [(1,), (2,), (3,)]


def test_a_script_takes_effect_whole_or_not_at_all(database):
    with pytest.raises(RuntimeError) as caught:
        _Provider().create(props(database, "create table thing (n int); insert into nowhere values (1);"))
    assert str(caught.value).startswith(
        f'SQL script things on database {database.name}: relation "nowhere" does not exist'
    )
    assert rows(database, "select to_regclass('thing')") == [(None,)]


def test_undo_takes_back_what_a_removed_script_made(database):
    given = props(database, "create table thing ()", "drop table if exists thing")
    made = _Provider().create(given)
    assert rows(database, "select to_regclass('thing')::text") == [("thing",)]
    _Provider().delete(made.id, made.outs)
    assert rows(database, "select to_regclass('thing')") == [(None,)]


def test_without_undo_a_removed_script_leaves_what_is_there(database):
    made = _Provider().create(props(database, "create table thing ()"))
    _Provider().delete(made.id, made.outs)
    assert rows(database, "select to_regclass('thing')::text") == [("thing",)]


def test_scripts_of_one_database_may_be_applied_side_by_side(database):
    """Grants on one object at the same time fail with `tuple concurrently updated` unless they take turns."""
    _Provider().create(props(database, "create table thing ()"))
    script = "grant select on thing to public; select pg_sleep(0.05); revoke select on thing from public;"
    failures: list[Exception] = []

    def apply() -> None:
        try:
            _Provider().create(props(database, script))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=apply) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_that_is_not_there_is_named(database):
    with (
        pytest.raises(InfraError, match=r"Database nothing on .* as postgres") as caught,
        postgresql(database.host, "nothing", "postgres"),
    ):
        pass
    assert 'database "nothing" does not exist' in caught.value.why


def test_the_whole_control_schema_can_be_applied_twice(database):
    from contracts import load_all
    from sql import ledger

    texts = [ledger.factory_role(), *(text for _, text in ledger.scripts())]
    texts += [ledger.contract_row(c) for c in load_all()] + [ledger.contract_list(load_all())]
    for _ in range(2):
        for text in texts:
            _Provider().create(props(database, text))
    found = rows(database, "select table_name, enabled from control.contract order by table_name")
    assert found == [(c.table, True) for c in load_all()]
