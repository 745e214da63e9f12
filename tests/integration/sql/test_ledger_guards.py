"""What the schema makes impossible, what the check finds all the same, and who may do what."""

import psycopg
import pytest

from sql import ledger

pytestmark = pytest.mark.postgres


@pytest.fixture
def loaded(site, contract_of, pipeline):
    """Three merged windows of integers: up to 3, 5 and 6."""
    site.add(contract_of(cursor="integer", chunk_rows=2))
    site.insert("thing", 1, 2, 3, 4, 5)
    pipeline.run()
    assert [w[1] for w in site.windows()] == ["3", "5", "6"]
    return site


INSERT = ("insert into control.ledger (table_name, kind, cursor_kind, request, low, high, is_first, "
          "contract_version, opened_by) "
          "values ('thing', '{}', 'integer', {}, '{}', '{}', {}, 'v', 'run-1')")  # fmt: skip


@pytest.mark.parametrize(("statement", "constraint"), [
    (INSERT.format("live", "null", 7, 9, False), "live_follows_live"),
    (INSERT.format("live", "null", 5, 9, False), "ledger_live_low"),
    (INSERT.format("live", "null", 4, 9, False), "live_follows_live"),
    (INSERT.format("live", "null", 3, 6, False), "live_high_is_unique"),
    (INSERT.format("live", "null", 6, 6, False), "low_precedes_high"),
    (INSERT.format("live", "null", 6, 10.5, False), "bounds_are_canonical"),
    (INSERT.format("live", "null", 6, "007", False), "bounds_are_canonical"),
    (INSERT.format("live", "null", -9, 9, True), "first_begins_at_first_low"),
    (INSERT.format("live", "null", "-9223372036854775808", 9, True), "ledger_live_low"),
    (INSERT.format("reload", "null", 1, 9, False), "request_is_named"),
    ("delete from control.ledger where window_id = 2", "live_follows_live"),
    ("update control.ledger set status = 'landed' where window_id = 3", None),
    ("update control.ledger set rows = 7 where window_id = 3", None),
    ("update control.ledger set high = '9' where window_id = 3", None),
    ("update control.ledger set low = '4' where window_id = 3", None),
    ("update control.ledger set attempt = 0 where window_id = 3", None),
])  # fmt: skip
def test_breaches_are_refused_whoever_writes(loaded, statement, constraint):
    with pytest.raises(psycopg.Error) as refused:
        loaded.control.execute(statement)
    if constraint is None:
        assert isinstance(refused.value, psycopg.errors.RaiseException)
    else:
        assert refused.value.diag.constraint_name == constraint
    assert loaded.breaches() == []


def test_a_window_cannot_be_merged_before_it_has_landed(site, contract_of, pipeline):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    site.control.execute("select control.begin_run('a', 'ingest', 'live', '*')")
    pipeline.open("a", "thing")
    with pytest.raises(psycopg.Error, match="cannot be merged before it has landed"):
        site.control.execute("update control.ledger set status = 'merged', rows = 1, merged_at = now(), "
                             "merged_by = 'a', claimed_by = null, lease_until = null")  # fmt: skip
    with pytest.raises(psycopg.errors.CheckViolation):
        site.control.execute("update control.ledger set status = 'landed', rows = 1")


def plant(site, *statements: str) -> None:
    """Do by force what the constraints refuse, as a repair by hand or a bad restore might."""
    for name in ("live_follows_live", "live_high_is_unique", "low_precedes_high", "merged_has_landed",
                 "landed_is_whole", "claim_has_lease", "path_is_its_own",
                 "ledger_claimed_by_fkey"):  # fmt: skip
        site.control.execute(f"alter table control.ledger drop constraint {name}")
    site.control.execute("drop index control.ledger_live_low")
    site.control.execute("alter table control.ledger disable trigger user")
    for statement in statements:
        site.control.execute(statement)


@pytest.mark.parametrize(("statement", "found"), [
    ("delete from control.ledger where window_id = 2",
     [("gap", "thing", 3), ("watermark inconsistent", "thing", None)]),
    ("update control.ledger set low = '4' where window_id = 3",
     [("overlap", "thing", 3), ("watermark inconsistent", "thing", None)]),
    (INSERT.format("live", "null", 4, 5, False),
     [("numbered out of order", "thing", 3), ("overlap", "thing", 4),
      ("watermark inconsistent", "thing", None)]),
    ("delete from control.ledger where window_id = 1", [("late start", "thing", 2)]),
    ("update control.ledger set high = '4' where window_id = 3",
     [("backwards", "thing", 3)]),
    ("update control.ledger set status = 'landed', path = null where window_id = 3",
     [("landed without a path", "thing", 3)]),
    ("update control.ledger set path = null where window_id = 3", [("merged without landing", "thing", 3)]),
    ("update control.ledger set path = 'thing/2/1' where window_id = 3",
     [("path of another window", "thing", 3)]),
    ("update control.ledger set status = 'landed', claimed_by = 'gone', lease_until = now() "
     "where window_id = 3",
     [("claim without a live run", "thing", 3)]),
    ("update control.ledger set status = 'landed', claimed_by = 'run-1' where window_id = 3",
     [("claim without a lease", "thing", 3), ("claim without a live run", "thing", 3)]),
    (INSERT.format("reload", "'r'", "-9223372036854775808", 99, False),
     [("reload beyond the watermark", "thing", 4)]),
    (INSERT.format("reload", "'r'", "2", 5, False), [("late start", "thing", 4)]),
])  # fmt: skip
def test_the_check_finds_a_planted_breach(loaded, statement, found):
    plant(loaded, statement)
    assert loaded.breaches() == found


def test_the_factory_may_call_and_look_and_nothing_else(site, contract_of):
    site.add(contract_of())
    factory = site.connect("highwater_factory")
    assert factory.execute(
        "select table_name from control.begin_run('a', 'ingest', 'live', '*')"
    ).fetchall() == [("thing",)]
    query = factory.execute("select bounds_query from control.begin_table('a', 'thing', 'live')").fetchone()[
        0
    ]
    assert factory.execute(query).fetchone()[1] == 0
    for call in ("open_windows('a', 'thing', 'live', '{}')", "make_plan('a')", "plan('a')",
                 "settle('a', '[]')", "finish_run('a')", "ledger_check()"):  # fmt: skip
        factory.execute(f"select * from control.{call}")
    for view in ("watermark", "status", "run_report", "window_list"):
        factory.execute(f"select * from control.{view}")
    for statement in ("select * from control.ledger", "update control.ledger set rows = 1",
                      "insert into control.run values ('x')",
                      "select control.record_error('a', 'thing', 'x')", "select control.keep_contracts('{}')",
                      "update control.setting set value = 1", "create table control.mine ()",
                      "insert into mobility.thing values (1)", "create table mobility.mine ()"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            factory.execute(statement)
    assert site.one("select count(*) from pg_class where relowner = 'highwater_factory'::regrole") == 0
    public = ("select p.proname from pg_proc p where p.pronamespace = 'control'::regnamespace "
              "and has_function_privilege('public', p.oid, 'execute') and p.prokind = 'f'")  # fmt: skip
    assert site.all(public) == []
    pinned = (
        "select distinct p.proconfig from pg_proc p "
        "where p.pronamespace = 'control'::regnamespace and p.prosecdef"
    )
    assert site.all(pinned) == [(["search_path=pg_catalog, control, pg_temp"],)]


def test_functions_do_not_look_where_the_caller_points(site, contract_of):
    """A table of the caller's own that is called like one of ours is not found first."""
    site.add(contract_of())
    factory = site.connect("highwater_factory")
    factory.execute("create temp table run (run_id text, status text)")
    factory.execute("set search_path = pg_temp, control")
    assert factory.execute(
        "select table_name from control.begin_run('a', 'ingest', 'live', '*')"
    ).fetchall() == [("thing",)]


@pytest.mark.parametrize(
    "bad", ["x'; drop table control.ledger; --", "../../etc", "a/b", "", "a" * 101, "a:b"]
)
def test_a_run_id_that_could_not_name_a_folder_is_refused(site, contract_of, bad):
    site.add(contract_of())
    with pytest.raises(psycopg.errors.CheckViolation):
        site.one("select control.begin_run(%s, 'ingest', 'live', '*')", bad)


def test_tables_are_named_exactly(site, contract_of):
    site.add(contract_of(table="alpha"))
    site.add(contract_of(table="beta"))
    assert site.all("select table_name from control.begin_run('a', 'ingest', 'live', ' beta ,beta')") == [
        ("beta",)
    ]
    for tables in ("gamma", "alpha,gamma", "", "*,alpha", "alpha' or '1'='1"):
        with pytest.raises(psycopg.errors.RaiseException, match="no such table"):
            site.one("select control.begin_run('b', 'ingest', 'live', %s)", tables)
    with pytest.raises(psycopg.errors.RaiseException, match="table alpha is not part of run a"):
        site.one("select control.begin_table('a', 'alpha', 'live')")
    with pytest.raises(psycopg.errors.RaiseException, match="run a is of kind live, not reload"):
        site.one("select control.begin_table('a', 'beta', 'reload')")


def test_a_bound_that_is_no_cursor_is_refused(site, contract_of):
    site.add(contract_of())
    site.one("select control.begin_run('a', 'ingest', 'live', '*')")
    for high in ("2024-01-01T00:00:00Z", "infinity", "'; drop table x; --", "5"):
        with pytest.raises(
            psycopg.errors.RaiseException, match="answered a bound that is no timestamp cursor"
        ):
            site.one(
                "select control.open_windows('a', 'thing', 'live', jsonb_build_object('high', %s::text))",
                high,
            )


def test_a_landed_window_is_read_again_when_its_contract_has_changed(site, contract_of, pipeline):
    thing = site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    site.control.execute("select control.begin_run('run-0', 'ingest', 'live', '*')")
    pipeline.load("run-0", "thing")
    changed = contract_of(description="Another thing.")
    assert changed.version != thing.version
    site.control.execute(ledger.contract_row(changed))
    assert site.one("select windows from control.make_plan('run-0')") == 0, "no plan holds an old contract"
    assert pipeline.run() == (0, "")
    assert site.all("select attempt, status, contract_version, path from control.ledger") == [
        (2, "merged", changed.version, "thing/1/2")]  # fmt: skip


def test_a_cursor_does_not_change_under_its_ledger(loaded, contract_of):
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        loaded.control.execute(ledger.contract_row(contract_of(cursor="timestamp")))
    assert "cannot change while its ledger has windows" in str(refused.value)
    assert (
        "thing_id" in refused.value.diag.message_detail and "updated_at" in refused.value.diag.message_detail
    )


def test_scripts_and_rows_may_be_applied_again_and_a_lost_contract_disables_its_table(
    loaded, contract_of, pipeline
):
    before = loaded.all("select * from control.ledger order by 1")
    for _ in range(2):
        for _, text in ledger.scripts():
            loaded.control.execute(text)
        loaded.control.execute(ledger.contract_row(loaded.contracts["thing"]))
    assert loaded.all("select * from control.ledger order by 1") == before
    assert float(loaded.one("select control.setting_of('margin_seconds')")) == 0.3, (
        "a setting that was changed stays"
    )
    loaded.control.execute(ledger.contract_list([]))
    assert loaded.all("select control.begin_run('z', 'ingest', 'live', '*')") == []
    loaded.control.execute(ledger.contract_list(loaded.contracts.values()))
    assert pipeline.run() == (0, "")
