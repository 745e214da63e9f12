"""Reading contracts from their files, and refusing those that cannot be honoured."""

import re
from collections import Counter
from pathlib import Path

import yaml
from pydantic import ValidationError

from contracts import rules, star
from contracts.errors import Breach, ContractError
from contracts.model import Contract

CONTRACTS_DIR = Path(__file__).parent
_DURATION = re.compile(r"^(\d+)\s*(s|m|h|d)$")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _durations(raw: dict) -> None:
    """Write `15m` as seconds, which pydantic reads; anything else is left for it to refuse."""
    for holder, key in ((raw, "freshness"), (raw.get("cursor") or {}, "lookback")):
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            match = _DURATION.match(holder[key].strip())
            if match:
                holder[key] = f"PT{int(match[1]) * _UNITS[match[2]]}S"


def load_file(path: Path) -> Contract:
    """Read one contract.

    Raises:
        ContractError: the file is not YAML, has the wrong shape, or breaks a rule; it names every breach.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(
            path.name, [Breach("file", "must be YAML", " ".join(str(error).split()))]
        ) from error
    if not isinstance(raw, dict):
        raise ContractError(path.name, [Breach("file", "must be a mapping", type(raw).__name__)])
    _durations(raw)
    try:
        contract = Contract.model_validate(raw)
    except ValidationError as error:
        found = [
            Breach(".".join(map(str, e["loc"])), e["msg"], None if e["type"] == "missing" else e["input"])
            for e in error.errors()
        ]
        raise ContractError(path.name, found) from error
    broken = rules.breaches(contract)
    if contract.table != path.stem:
        broken.append(
            Breach("table", "must be the file's name", contract.table, f"Rename it to {path.stem}.")
        )
    if broken:
        raise ContractError(path.name, broken)
    return contract


def load_all(directory: Path | None = None) -> tuple[Contract, ...]:
    """Read every contract of a folder, in the order of their names.

    Raises:
        ContractError: there is none, one cannot be honoured, two share a gold table, or one looks up what no other has.
    """
    directory = directory or CONTRACTS_DIR
    contracts = tuple(load_file(p) for p in sorted(directory.glob("*.yaml")))
    if not contracts:
        raise ContractError(str(directory), [Breach("directory", "must hold a contract", "no *.yaml file")])
    served = Counter(t for c in contracts for t in c.gold.tables)
    shared = [name for name, count in served.items() if count > 1]
    if shared:
        raise ContractError(str(directory), [Breach("gold.table", "two contracts serve one name", shared)])
    for c in contracts:
        unmet = list(star.references(c, contracts))
        if unmet:
            raise ContractError(f"{c.table}.yaml", unmet)
    return contracts
