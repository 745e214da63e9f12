"""Each text that a contract can hold is a name of the small alphabet, a known type, or named here as something else.

So a key that is added to a contract tomorrow cannot bring in a table, a column or a path unseen.
"""

import typing
from collections.abc import Iterator

from pydantic import BaseModel

from contracts import Contract
from contracts.columns import Identifier, TypeName

CHECKED = {typing.get_args(one)[1] for one in (Identifier, TypeName)}
# Written into SQL as literals, or into documents.
WORDS = {"description", "owner", "defaults", "unknown", "rows", "first", "last"}
# Spark SQL that the author of a contract means: over the table's own columns, in the job alone.
EXPRESSIONS = {"condition", "expression", "where", "step"}


def _texts(annotation: object, checks: tuple = ()) -> Iterator[tuple]:
    """The checks of each text within a field's type."""
    if typing.get_origin(annotation) is typing.Annotated:
        base, *checks = typing.get_args(annotation)
        yield from _texts(base, tuple(checks))
    elif annotation is str:
        yield checks
    elif typing.get_origin(annotation) is not typing.Literal:
        for inner in typing.get_args(annotation):
            yield from _texts(inner)


def _models(annotation: object, seen: dict) -> dict:
    """Every model that a contract is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen[annotation] = None
        for field in annotation.model_fields.values():
            _models(field.annotation, seen)
    for inner in typing.get_args(annotation):
        _models(inner, seen)
    return seen


def test_every_text_of_a_contract_is_checked_or_known_to_be_none_of_a_name():
    free, names = set(), 0
    for model in _models(Contract, {}):
        for name, field in model.model_fields.items():
            for checks in _texts(field.annotation, tuple(field.metadata)):
                if CHECKED & set(checks):
                    names += 1
                else:
                    free.add(name)
    assert free == WORDS | EXPRESSIONS
    assert names > 25
