"""A contract as the plan carries it: JSON to frozen dataclasses. Every type is in Spark SQL's own words."""

import hashlib
import json
from dataclasses import asdict, dataclass

from highwater_transforms import star
from highwater_transforms.errors import TransformError
from highwater_transforms.reading import build, build_all
from highwater_transforms.star import Gold

MODES = ("upsert", "append", "snapshot")
HISTORIES = ("latest", "scd2")
SEVERITIES = ("warn", "quarantine", "fail")


@dataclass(frozen=True)
class Column:
    """A column of the source table."""

    name: str
    type: str
    nullable: bool = True
    sensitive: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition that good rows satisfy. Neither false nor null satisfies it. A rule of severity `fail` stops the
    table beyond its threshold: a count, or below 1 a share of the landed rows; None for any row."""

    name: str
    condition: str
    severity: str
    threshold: float | None = None


@dataclass(frozen=True)
class Contract:
    """All that the job knows of one table."""

    table: str
    mode: str
    history: str
    primary_key: tuple[str, ...]
    cursor: str | None
    cursor_nulls: str | None
    deleted_flag: str | None
    deletes_by_keys: bool
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    gold: Gold

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def sensitive(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.sensitive)

    @property
    def scd2(self) -> bool:
        return self.history == "scd2"

    def type_of(self, name: str) -> str:
        """The Spark type of a column. Raises KeyError when there is none of that name."""
        return {c.name: c.type for c in self.columns}[name]

    @property
    def definition(self) -> str:
        """Twelve hex digits that change when what gold is made of does: then gold is built anew."""
        made_of = asdict(self)
        for unrelated in ("rules", "mode", "deleted_flag", "deletes_by_keys", "cursor_nulls"):
            made_of.pop(unrelated)
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:12]


def _one_of(value: str, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise TransformError(
            f"The contract in the plan is not readable: {where}", f"{value!r} is none of {allowed}"
        )


def parse(text: str) -> Contract:
    """The contract from the plan's JSON.

    Raises:
        TransformError: it is no JSON, a key is missing or unknown, or a word is not one that this job knows.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise TransformError("The contract in the plan is not JSON", str(error)) from error
    contract = build(Contract, raw, "contract")
    contract = Contract(
        contract.table, contract.mode, contract.history, tuple(contract.primary_key), contract.cursor,
        contract.cursor_nulls, contract.deleted_flag, contract.deletes_by_keys,
        build_all(Column, contract.columns, "columns"), build_all(Rule, contract.rules, "rules"),
        star.parse(contract.gold),
    )  # fmt: skip
    _one_of(contract.mode, MODES, "mode")
    _one_of(contract.history, HISTORIES, "history")
    for rule in contract.rules:
        _one_of(rule.severity, SEVERITIES, f"rules.{rule.name}.severity")
    if not contract.primary_key and (contract.mode != "append" or contract.scd2):
        raise TransformError(f"{contract.table} has no primary key", f"{contract.mode} merges by key")
    if contract.cursor is None and (contract.mode == "upsert" or contract.scd2):
        raise TransformError(
            f"{contract.table} has no cursor", "without one the newest version of a key is unknown"
        )
    return contract
