"""What a contract may not say. Each rule is one small function that yields its breaches.

Refused: a duplicate column or rule; a key, cursor, delete flag or rule over a column that is not there;
an upsert, snapshot or scd2 without a primary key; upsert or append without a cursor; a snapshot with one;
a float cursor or one whose type does not fit its kind; a nullable cursor without a policy, or one that
includes nulls in a history or without a key; a cursor without an index; append with a lookback but no primary
key; a cached sequence as cursor without a lookback; deletes by keys without a key or of a snapshot;
two served columns of one name, or one of the views' own; a sensitive key, or sensitive columns without a key;
a threshold that is no count and no share, or of a rule that does not fail.
What gold may not say is in `contracts.star`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from contracts import star
from contracts.errors import Breach
from contracts.expressions import expression
from contracts.model import Contract

# Served beside a table's own columns.
RESERVED = ("batch_id", "valid_from", "valid_to", "is_current")
# Rules that every table has, beside `<column>_required`: see `quality.rules` of the job.
BUILT_IN_RULES = ("value_unreadable", "cursor_outside_windows")

Check = Callable[[Contract], Iterator[Breach]]
_KINDS = {"timestamp": ("timestamp", "localtime"), "integer": ("smallint", "integer", "bigint")}


def _names(contract: Contract) -> Iterator[Breach]:
    for name, count in Counter([*contract.column_names, *(a.name for a in contract.gold.added)]).items():
        if count > 1:
            yield Breach("columns", "a column may be named once", name, "Remove or rename one of them.")
        if name in RESERVED:
            yield Breach(
                "columns", f"{', '.join(RESERVED)} are the views' own", name, "Rename it in the contract."
            )
    for name, count in Counter(r.name for r in contract.rules).items():
        if count > 1:
            yield Breach("rules", "a rule may be named once", name, "Rename one of them.")
        if name in BUILT_IN_RULES or name in {f"{c}_required" for c in contract.column_names}:
            yield Breach("rules", "every table has a rule of this name", name, "Rename it.")


def _references(contract: Contract) -> Iterator[Breach]:
    known = set(contract.column_names)
    wanted = [("primary_key", k) for k in contract.primary_key]
    if contract.cursor:
        wanted.append(("cursor.column", contract.cursor.column))
    if contract.deletes.column:
        wanted.append(("deletes.column", contract.deletes.column))
    if contract.source.identity:
        wanted.append(("source.identity", contract.source.identity))
    wanted += [("source.defaults", d) for d in contract.source.defaults]
    for key, name in wanted:
        if name not in known:
            yield Breach(
                key, "must name a column of the contract", name, f"Columns: {', '.join(sorted(known))}."
            )
    if contract.deletes.kind == "soft" and not contract.deletes.column:
        yield Breach("deletes.column", "soft deletes need the column that flags them", None)
    if contract.deletes.kind == "none" and contract.deletes.column:
        yield Breach("deletes.column", "flags deletes that are not looked for", contract.deletes.column)
    if contract.deletes.kind == "keys" and (contract.mode == "snapshot" or not contract.primary_key):
        yield Breach(
            "deletes.kind",
            "keys can be compared where there is a primary key and the table is not read whole anyway",
            f"{contract.mode}, primary key {list(contract.primary_key)}",
        )


def _expressions(contract: Contract) -> Iterator[Breach]:
    for rule in contract.rules:
        yield from expression(f"rules.{rule.name}.condition", rule.condition, set(contract.column_names))


def _keys(contract: Contract) -> Iterator[Breach]:
    if not contract.primary_key and (contract.mode != "append" or contract.history == "scd2"):
        yield Breach("primary_key", f"{contract.mode} needs a primary key to merge by", contract.primary_key)
    if (
        not contract.primary_key
        and contract.mode == "append"
        and contract.cursor
        and contract.cursor.lookback
    ):
        yield Breach(
            "cursor.lookback",
            "append with a lookback reads rows twice and needs a primary key",
            contract.cursor.lookback,
            "Name the primary key or drop the lookback.",
        )
    if contract.sensitive and not contract.primary_key:
        yield Breach("primary_key", "sensitive columns need a key that joins them", contract.sensitive)
    for key in contract.primary_key:
        if key in contract.column_names and contract.column(key).nullable:
            yield Breach("primary_key", "a key column may not be nullable", key, "Set nullable: false.")
        if key in contract.sensitive:
            yield Breach("primary_key", "a key column may not be sensitive: it joins both tables", key)


def _cursor(contract: Contract) -> Iterator[Breach]:
    cursor = contract.cursor
    if contract.mode == "snapshot":
        if cursor:
            yield Breach("cursor", "a snapshot is read whole and has no cursor", cursor.column, "Remove it.")
        return
    if cursor is None:
        yield Breach(
            "cursor", f"{contract.mode} needs a cursor", None, "Name an indexed column that only grows."
        )
        return
    if cursor.column not in contract.column_names:
        return
    column = contract.column(cursor.column)
    if column.parsed.name not in _KINDS[cursor.kind]:
        rule = (
            "a float can't be a cursor: it has no next value"
            if column.parsed.name == "double"
            else (f"a cursor of kind {cursor.kind} needs one of the types {', '.join(_KINDS[cursor.kind])}")
        )
        yield Breach("cursor.column", rule, f"{column.name} {column.type}")
    if column.nullable and cursor.nulls is None:
        yield Breach(
            "cursor.nulls",
            "a nullable cursor needs a policy for null",
            f"{column.name} nullable",
            "Say nulls: refuse, include or skip, or make the column not null.",
        )
    if cursor.nulls == "include" and (contract.history == "scd2" or not contract.primary_key):
        yield Breach(
            "cursor.nulls",
            "rows without a cursor are told apart by key alone, and have no place in a history",
            "include",
            "Say refuse or skip, name a primary key, or keep the latest version only.",
        )
    if not contract.source.indexed:
        yield Breach(
            "source.indexed",
            "the cursor needs an index on the source",
            False,
            "Each run would read the whole table; create the index.",
        )
    is_duration = isinstance(cursor.lookback, timedelta)
    if cursor.lookback is not None and is_duration != (cursor.kind == "timestamp"):
        yield Breach(
            "cursor.lookback",
            f"does not fit a cursor of kind {cursor.kind}",
            cursor.lookback,
            "A timestamp cursor takes a duration (15m), an integer one a count of values.",
        )
    if cursor.kind == "integer" and contract.source.sequence_cache > 1 and not cursor.lookback:
        yield Breach(
            "source.sequence_cache",
            "a cached sequence hands out values out of order and needs a lookback",
            contract.source.sequence_cache,
            "Set cursor.lookback to at least cache x sessions.",
        )


def _thresholds(contract: Contract) -> Iterator[Breach]:
    for rule in contract.rules:
        found = rule.threshold
        if found is None:
            continue
        if rule.severity != "fail":
            yield Breach(f"rules.{rule.name}.threshold", "only a rule of severity fail has one", found)
        if isinstance(found, bool) or found <= 0 or (found > 1 and found != int(found)):
            yield Breach(f"rules.{rule.name}.threshold", "a count of rows, or a share between 0 and 1", found)


CHECKS: tuple[Check, ...] = (_names, _references, _expressions, _keys, _cursor, _thresholds, *star.CHECKS)


def breaches(contract: Contract) -> list[Breach]:
    """Every rule that the contract breaks, in the order of `CHECKS`."""
    return [b for check in CHECKS for b in check(contract)]
