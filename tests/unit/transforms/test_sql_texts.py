"""The few SQL texts that the job builds."""

from highwater_transforms import dedupe, delta


def test_literals_are_typed_and_quoted():
    assert delta.literal(5, "bigint") == "cast('5' as bigint)"
    assert delta.literal(-5, "smallint") == "cast('-5' as smallint)"
    assert delta.literal(1700000000000001, "timestamp") == "timestamp_micros(1700000000000001)"
    assert (
        delta.literal_text("2024-01-01 00:00:00.000001", "timestamp")
        == "cast('2024-01-01 00:00:00.000001' as timestamp)"
    )
    assert delta.literal("it's a \\ {brace}", "string") == r"'it\'s a \\ {brace}'"


def test_columns_are_quoted():
    assert delta.same(["a", "b`c"]) == "s.`a` <=> t.`a` and s.`b``c` <=> t.`b``c`"
    assert delta.same([]) == "true"
    assert delta.equal(("a", "b")) == "s.`a` = t.`a` and s.`b` = t.`b`"
    assert delta.update(("a",)) == "UPDATE SET t.`a` = s.`a`"
    assert delta.insert(("a", "b")) == "INSERT (`a`, `b`) VALUES (s.`a`, s.`b`)"


def test_without_a_cursor_the_later_window_is_newer():
    later = "(s._window_id > t._window_id or (s._window_id = t._window_id and s._attempt > t._attempt))"
    assert dedupe.newer(None) == later
    assert dedupe.newer("at").endswith(f"or (s.`at` <=> t.`at` and {later}))")
