"""Frames in, frames out, up to silver: how rows are judged and placed, and what each kind of table makes of them."""

import pytest
from highwater_transforms import (
    batch,
    quarantine,
    reconcile_keys,
    release,
    silver_reload,
    silver_scd2,
    silver_snapshot,
)
from highwater_transforms.batch import Batch
from highwater_transforms.plan import Window
from highwater_transforms.reconcile_keys import Snapshot
from literal_frames import RIDE, TAGS, day, frame, parsed, planned, tags
from transform_lake import literal

pytestmark = pytest.mark.spark

PERSON = "id bigint, name string, city string, at timestamp"
PLACE = "id bigint, name string"
HISTORY = "valid_from timestamp, valid_to timestamp, is_current boolean"
BRONZE = "_poison string, _broken array<string>, _place string"


def ride_row(
    key: int | None, cents: int | None, on: int, window: int = 1, poison: str | None = None
) -> tuple:
    return (key, 5, cents, "ann", False, day(on), *tags(window), poison)


def test_rows_are_judged_by_every_rule_and_placed(spark, ride):
    landed = frame(
        spark, f"{RIDE}, {TAGS}, _poison string",
        ride_row(1, 100, 1), ride_row(1, 150, 2), ride_row(2, 7, 1), ride_row(2, 7, 1), ride_row(3, -1, 1),
        ride_row(4, 1_000_000, 1), ride_row(5, None, 1), ride_row(6, -1, 1, poison='{"cents": "NaN"}'),
        ride_row(None, 1, 1), ride_row(7, 8, 1, window=2), ride_row(7, 9, 1, window=1),
    )  # fmt: skip
    found = landed.transform(batch.judged(parsed(ride), planned(ride, 1, 2)))
    assert set(found.columns) == {*landed.columns, "_broken", "_place"}
    assert literal(found, "id", "cents", "_broken", "_place") == [
        (None, 1, ["id_required"], "quarantined"),
        (1, 100, [], "superseded"), (1, 150, [], "kept"), (2, 7, [], "duplicate"), (2, 7, [], "kept"),
        (3, -1, ["not_negative"], "quarantined"), (4, 1_000_000, ["not_huge"], "kept"),
        (5, None, ["not_negative", "not_huge"], "quarantined"),  # a rule that cannot tell is not satisfied
        (6, -1, ["value_unreadable"], "quarantined"),
        (7, 8, [], "kept"), (7, 9, [], "duplicate"),  # of equal cursors the later window's
    ]  # fmt: skip


def test_a_history_keeps_each_version_once_and_a_snapshot_the_newest_window(spark, person, place):
    landed = frame(
        spark, f"{PERSON}, {TAGS}, _poison string",
        *((1, "n", "A", day(on), *tags(window), None) for on, window in ((1, 1), (2, 1), (2, 2))),
    )  # fmt: skip
    found = landed.transform(batch.judged(parsed(person), planned(person, 1, 2)))
    assert literal(found, "at", "_window_id", "_place") == [
        (day(1), 1, "kept"), (day(2), 1, "duplicate"), (day(2), 2, "kept"),
    ]  # fmt: skip
    landed = frame(
        spark, f"{PLACE}, {TAGS}, _poison string",
        (1, "a", *tags(1), None), (2, "b", *tags(1), None), (1, "A", *tags(2), None),
    )  # fmt: skip
    found = landed.transform(batch.judged(parsed(place), planned(place, 1, 2)))
    assert literal(found, "id", "name", "_place") == [
        (1, "A", "kept"),
        (1, "a", "superseded"),
        (2, "b", "superseded"),
    ]


def test_rows_without_a_key_are_all_kept_and_a_probed_window_is_kept_out(spark, event):
    keyless = event.model_copy(update={"primary_key": ()})
    columns = f"id bigint, what string, {TAGS}, _poison string"
    landed = frame(spark, columns, *[(1, "x", *tags(1), None)] * 2, (2, "y", *tags(2), None))
    found = landed.transform(batch.judged(parsed(keyless), planned(keyless, 1, 2)))
    assert literal(found, "id", "_place") == [(1, "kept"), (1, "kept"), (2, "kept")]
    probed = planned(keyless, 1, 2, kind="quarantine")
    found = landed.where("id = 2").transform(batch.judged(parsed(keyless), probed))
    assert literal(found, "_broken", "_place") == [(["cursor_outside_windows"], "quarantined")]


def test_changes_of_a_history_are_new_versions_and_their_neighbours(spark, person):
    def stored(key: int, city: str, begin: int, end: int | None, window: int = 1) -> tuple:
        closed = day(end) if end else None
        return (key, "n", city, day(begin), day(begin), closed, end is None, *tags(window), False)

    history = frame(
        spark, f"{PERSON}, {HISTORY}, {TAGS}, _removed boolean",
        stored(1, "A", 1, 9), stored(1, "C", 9, None), stored(2, "X", 1, None), stored(3, "Y", 1, None, window=2),
    )  # fmt: skip
    kept = frame(
        spark, f"{PERSON}, {TAGS}",
        (1, "n", "B", day(5), *tags(2)), (1, "n", "D", day(9), *tags(2)), (2, "n", "X", day(1), *tags(2)),
        (3, "n", "Y", day(1), *tags(2)), (4, "n", "Z", day(1), *tags(2)),
    )  # fmt: skip
    found = history.transform(silver_scd2.changes(parsed(person), kept, 9))
    assert literal(found, "id", "city", "valid_from", "valid_to", "is_current", "_batch_id", "_action") == [
        (1, "A", day(1), day(5), False, 9, "close"),
        (1, "B", day(5), day(9), False, 9, "insert"),
        (1, "D", day(9), None, True, 9, "update"),
        (2, "X", day(1), None, True, 9, "seen"),
        (4, "Z", day(1), None, True, 9, "insert"),
    ]  # 3 came with this very attempt before


def test_changes_of_a_snapshot_are_what_is_new_other_gone_or_back(spark, place):
    columns = f"{PLACE}, {TAGS}"
    stored = frame(
        spark, f"{columns}, _removed boolean",
        (1, "a", *tags(1), False), (2, "b", *tags(1), False), (3, None, *tags(1), False), (4, "d", *tags(1), True),
        (5, "e", *tags(1), False), (6, "f", *tags(1), True),
    )  # fmt: skip
    kept = frame(
        spark, columns, (1, "a", *tags(2)), (2, "B", *tags(2)), (4, "d", *tags(2)), (7, "g", *tags(2))
    )
    keys = frame(spark, "id bigint", (1,), (2,), (4,), (5,), (7,))  # 5 went to quarantine
    found = stored.transform(silver_snapshot.changes(parsed(place), kept, keys, 9))
    assert literal(found, "id", "name", "_removed", "_action") == [
        (2, "B", False, "update"), (3, None, True, "vanish"), (4, "d", False, "update"), (7, "g", False, "insert"),
    ]  # fmt: skip
    assert literal(found.where("_removed"), "_batch_id", "_window_id") == [(9, 1)]


def placed(spark, *rows: tuple):
    return frame(spark, f"{RIDE}, {TAGS}, {BRONZE}", *rows)


def test_a_reload_settles_what_becomes_of_every_row(spark, ride):
    plan = planned(ride, 3, kind="reload", low=day(1), high=day(10))
    landed = [(ride_row(k, c, on, 3), "kept") for k, c, on in ((1, 1, 1), (2, 22, 1), (3, 3, 1), (8, 8, 2))]
    landed.append((ride_row(6, -6, 1, 3), "quarantined"))
    work = Batch(parsed(ride), plan, placed(spark, *((*row, [], place) for row, place in landed)))

    def held(key: int, cents: int, on: int, window: int = 1) -> tuple:
        return (*ride_row(key, cents, on, window)[:-1], False)

    stored = frame(
        spark, f"{RIDE}, {TAGS}, _removed boolean",
        held(1, 1, 1), held(2, 2, 1), held(3, 30, 20), held(4, 4, 5), held(5, 5, 20), held(6, 6, 1), held(7, 7, 5, 4),
    )  # fmt: skip
    found = silver_reload.resolve(work, stored)
    assert literal(found, "id", "cents", "_removed", "_outcome") == [
        (1, 1, False, "unchanged"), (2, 22, False, "update"),
        (3, 30, False, "stale"),  # newer, outside of what was read
        (4, 4, True, "vanish"), (5, 5, False, "stay"),
        (6, 6, False, "stay"),  # its new version went to quarantine
        (7, 7, False, "stay"),  # a window opened since has merged it
        (8, 8, False, "insert"),
    ]  # fmt: skip


def test_a_reload_without_keys_replaces_its_range_alone(spark, event):
    keyless = event.model_copy(update={"primary_key": ()})
    columns = f"id bigint, what string, {TAGS}"
    landed = frame(spark, f"{columns}, {BRONZE}", *[(3, "new", *tags(2), None, [], "kept")] * 2)
    work = Batch(parsed(keyless), planned(keyless, 2, kind="reload", low="1", high="10"), landed)
    stored = frame(
        spark, f"{columns}, _removed boolean",
        (3, "old", *tags(1), False), (9, "old", *tags(1), False), (10, "old", *tags(1), False),
        (12, "new", *tags(2), False),  # of the same window, as a run left it that died
    )  # fmt: skip
    found = silver_reload.resolve_keyless(work, stored)
    assert literal(found, "id", "what", "_outcome") == [
        (3, "new", "insert"),
        (3, "new", "insert"),
        (10, "old", "stay"),
    ]


def test_a_key_that_was_not_read_is_gone_and_one_read_with_its_version_is_back(spark, ride):
    of = parsed(ride)
    ranges = (Window(1, 1, "reconcile", day(1), day(10), "p", 1, 1),)
    snapshot = Snapshot(ranges, newest=5, unmerged=(4,), silver_version=None)
    stored = frame(
        spark, f"{RIDE}, {TAGS}, _removed boolean",
        *(
            (*ride_row(key, 1, on, window)[:-1], removed)
            for key, on, window, removed in (
                (1, 1, 1, False), (2, 1, 1, False),
                (3, 1, 4, False), (4, 1, 6, False),  # not merged when the keys were read
                (5, 20, 1, False),  # in no range
                (6, 1, 1, True), (7, 1, 1, True),
            )
        ),
    )  # fmt: skip
    keys = frame(
        spark, "id bigint, at timestamp, _keys_of bigint", (1, day(1), 1), (6, day(1), 1), (7, day(2), 1)
    )
    assert literal(reconcile_keys.gone(of, stored, keys, snapshot), "id") == [(2,)]
    assert literal(reconcile_keys.back(of, stored, keys, snapshot), "id") == [
        (6,)
    ]  # 7 has another version now


def test_rejected_rows_are_held_as_they_came_until_a_newer_version_is_kept(spark, ride):
    poison = '{"cents": "NaN"}'
    rows = [
        (*ride_row(1, -1, 1, 2), ["not_negative"], "quarantined"),
        (*ride_row(2, None, 1, 2, poison), ["value_unreadable"], "quarantined"),
        (*ride_row(3, 3, 5, 2), [], "kept"), (*ride_row(4, 4, 1, 2), [], "kept"),
        (*ride_row(5, 5, 1, 2), [], "superseded"),
    ]  # fmt: skip
    work = Batch(parsed(ride), planned(ride, 2), placed(spark, *rows))
    text = '"rider":"ann","cancelled":false,"at":"2024-01-01T00:00:00.000000Z"'
    assert literal(quarantine.rows(work), "_window_id", "rules", "row") == [
        (2, ["not_negative"], f'{{"id":1,"zone":5,"cents":-1,{text}}}'),
        (2, ["value_unreadable"],
         f'{{"id":2,"zone":5,"cents":null,{text},"_poison":"{{\\"cents\\": \\"NaN\\"}}"}}'),
    ]  # fmt: skip
    assert literal(work.keys("quarantined", "superseded"), "id") == [(1,), (2,), (5,)]
    held = frame(
        spark, f"{TAGS}, rules array<string>, row string",
        *((*tags(window), ["not_negative"], f'{{"id":{key},"at":"2024-01-{on:02}T00:00:00.000000Z"}}')
          for key, on, window in ((3, 4, 1), (4, 4, 1), (5, 4, 1), (3, 4, 2))),
    )  # fmt: skip
    found = quarantine.corrected(work, held)
    assert literal(found, "_window_id", "row") == [(1, '{"id":3,"at":"2024-01-04T00:00:00.000000Z"}')]


def test_a_release_judges_again_what_is_held_and_meant(spark, ride):
    easy = ride.model_copy(update={"rules": ride.rules[1:]})
    stored = placed(
        spark,
        *((*ride_row(key, -1, 1), ["not_negative"], "quarantined") for key in (1, 2, 3)),
        (*ride_row(4, 4, 1), [], "kept"), (*ride_row(5, 5, 1, 7), [], "kept"),
    )  # fmt: skip
    held = frame(
        spark, "_window_id bigint, row string",
        *((1, f'{{"id":{key},"at":"2024-01-01T00:00:00.000000Z"}}') for key in (1, 2)),
    )  # fmt: skip
    found = release.judged(parsed(easy), planned(easy, 1), stored, held, release.Asked(keys=("1",)))
    assert literal(found, "id", "_broken", "_place", "_chosen") == [
        (1, [], "kept", True), (2, ["not_negative"], "quarantined", False),
        (3, ["not_negative"], "superseded", False),  # it was corrected, and left
        (4, [], "kept", False),
    ]  # fmt: skip
