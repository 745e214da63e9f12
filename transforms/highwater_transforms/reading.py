"""JSON to frozen dataclasses: the plan's contract has exactly the keys that this job knows."""

from dataclasses import fields
from typing import Any, TypeVar

from highwater_transforms.errors import TransformError

T = TypeVar("T")


def build(kind: type[T], value: Any, where: str) -> T:
    """The dataclass from a JSON object whose keys must be exactly its fields.

    Raises:
        TransformError: it is no object, or a key is missing or unknown.
    """
    if not isinstance(value, dict):
        raise TransformError(
            f"The contract in the plan is not readable: {where}", f"an object is expected, found {value!r}"
        )
    wanted, found = {f.name for f in fields(kind)}, set(value)
    if wanted != found:
        raise TransformError(
            f"The contract in the plan is not readable: {where}",
            f"missing: {sorted(wanted - found)}, unknown: {sorted(found - wanted)}",
            "Deploy the job's wheel and the contracts together",
        )
    return kind(**value)


def build_all(kind: type[T], values: list, where: str) -> tuple[T, ...]:
    """`build` for each object of a list."""
    return tuple(build(kind, value, f"{where}[{i}]") for i, value in enumerate(values))
