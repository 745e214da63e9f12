"""Filling templates: what a contract brings in stays what it is."""

import pytest

from sql import template
from sql.template import fill, identifier, literal


def test_identifiers_and_literals_are_quoted():
    assert identifier('a"; drop table x; --') == '"a""; drop table x; --"'
    assert literal("it's; drop table x; --") == "'it''s; drop table x; --'"
    assert literal("back\\slash") == "'back\\slash'"
    assert literal(None) == "null"
    assert literal("") == "''"


@pytest.mark.parametrize("quote", [identifier, literal])
def test_a_nul_character_is_refused(quote):
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


def test_arguments_become_numbered_and_percent_signs_are_doubled():
    assert fill("a % b {low} {high}", {}) == "a %% b %1$L %2$L"
    assert fill("{low} {margin} {candidates}", {}) == "%1$L %2$L %3$L"


def test_expressions_are_filled_in_turn_and_names_are_not():
    assert fill("{x} {name}", {"x": "[{name} {low}]"}, name="%s {low}") == "[%%s {low} %1$L] %%s {low}"


def test_an_unknown_word_is_refused():
    with pytest.raises(KeyError, match="nonsense"):
        fill("{nonsense}", {})


def test_comments_do_not_travel():
    for path in template.SOURCE.glob("*.sql"):
        assert "--" not in template.load(path.stem), path.name
