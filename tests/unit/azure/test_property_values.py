"""Pulumi's values as plain ones and back: numbers, unknowns and secrets."""

from pulumi.provider.experimental.property_value import PropertyValue as Value

from local.azure.registry import SECRET
from local.azure.values import (
    UNKNOWN,
    has_unknown,
    plain_map,
    redacted,
    redacted_map,
    secrets_in,
    to_be_told,
    wire,
)

PASSWORD = Value("open sesame", is_secret=True)


def test_whole_numbers_are_integers_and_survive() -> None:
    values = {"n": Value(3.0), "f": Value(2.5), "b": Value(True), "l": Value([Value(1.0), Value("x")])}
    assert plain_map(values) == {"n": 3, "f": 2.5, "b": True, "l": [1, "x"]}
    assert type(plain_map(values)["n"]) is int and plain_map(values)["b"] is True
    assert {key: wire(value) for key, value in plain_map(values).items()} == values


def test_nulls_and_pulumis_own_keys_are_left_out() -> None:
    values = {"a": Value(None), "__internal": Value("x"), "tags": Value({"__mine": Value("kept")})}
    assert plain_map(values) == {"tags": {"__mine": "kept"}}


def test_an_unknown_is_found_at_any_depth() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert has_unknown("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7")
    assert not has_unknown({"a": [{"b": "known"}], "n": 1})


def test_a_secret_is_hidden_wherever_it_went() -> None:
    values = {"login": Value("me"), "password": PASSWORD, "nested": Value({"list": Value([PASSWORD])})}
    secrets = secrets_in(values)
    assert secrets == {"open sesame"}
    assert redacted({"url": "postgres://me:open sesame@host", "ok": "me"}, secrets) == {
        "url": SECRET,
        "ok": "me",
    }
    assert redacted_map(values) == {"login": "me", "password": SECRET, "nested": {"list": [SECRET]}}
    marked = wire({"url": "x open sesame", "ok": "me"}, secrets)
    assert marked.value["url"].is_secret and not marked.value["ok"].is_secret


def test_a_secret_that_is_no_text_is_hidden_whole() -> None:
    values = {"key": Value({"n": Value(5.0), "t": Value("inside")}, is_secret=True), "t": Value("inside")}
    assert redacted_map(values) == {"key": SECRET, "t": SECRET}


def test_a_short_secret_hides_itself_but_not_every_word_with_its_letters() -> None:
    assert redacted({"a": "x", "b": "text"}, {"x"}) == {"a": SECRET, "b": "text"}


def test_before_a_create_only_what_was_given_is_known() -> None:
    given = {"identity": {"type": "SystemAssigned"}, "name": "f", "tags": UNKNOWN, "list": [1]}
    answered = {"identity": {"type": "SystemAssigned", "principalId": "p"}, "name": "f", "tags": {"a": "b"},
                "list": [1, 2], "endpoints": {"dfs": "x"}}  # fmt: skip
    assert to_be_told(given, answered) == {
        "identity": {"type": "SystemAssigned", "principalId": UNKNOWN}, "name": "f", "tags": UNKNOWN,
        "list": [1], "endpoints": UNKNOWN,
    }  # fmt: skip
