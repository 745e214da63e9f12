"""Of which columns Delta keeps the least and the greatest value by file.

By default it is the first 32, which costs a merge a fifth of its processor time. Merges prune by keys, windows and
batches, people ask by time: nobody looks for a text or an amount by range.
"""

from collections.abc import Iterable

from highwater_transforms.contract import Contract
from highwater_transforms.delta import STATISTICS
from highwater_transforms.system import SILVER, VALIDITY

# Delta keeps them of nothing else, and refuses the name of a boolean.
_ORDERED = ("string", "tinyint", "smallint", "int", "bigint", "float", "double", "date", "timestamp")


def searched(contract: Contract, columns: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The table property that names those of `columns`, name and Spark type, that a row is searched by."""
    numbered = contract.gold.numbered
    named = {*contract.primary_key, *(numbered.within if numbered else ())}
    named |= {name for name, _ in (*SILVER, *VALIDITY)}
    if contract.cursor:
        named.add(contract.cursor)
    ordered = [(n, kind) for n, kind in columns if kind in _ORDERED or kind.startswith("decimal")]
    kept = [n for n, kind in ordered if n in named or kind in ("date", "timestamp")]
    return {STATISTICS: ",".join(kept)}
