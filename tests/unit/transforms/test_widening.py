"""Which stored types may become which."""

import pytest
from highwater_transforms.widening import allowed


@pytest.mark.parametrize(
    ("stored", "wanted", "may"),
    [
        ("smallint", "int", True), ("int", "bigint", True), ("smallint", "bigint", True), ("bigint", "int", False),
        ("int", "decimal(10,0)", True), ("int", "decimal(10,1)", False), ("int", "decimal(11,1)", True),
        ("decimal(10,2)", "decimal(12,2)", True), ("decimal(10,2)", "decimal(12,4)", True),
        ("decimal(10,2)", "decimal(11,4)", False), ("decimal(10,2)", "decimal(12,1)", False),
        ("decimal(10,0)", "bigint", False), ("int", "string", False), ("int", "double", False),
        ("string", "timestamp", False), ("timestamp", "date", False),
    ],
)  # fmt: skip
def test_only_a_type_that_holds_every_value_is_wider(stored, wanted, may):
    assert allowed(stored, wanted) is may
