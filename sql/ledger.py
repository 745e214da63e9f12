"""The control database as scripts: its schema, and the rows that come from contracts. All may be run again.

The order is: `factory_role`, then `scripts`, then `contract_row` of each contract and `contract_list`.
"""

from collections.abc import Iterable
from pathlib import Path

from contracts import Contract
from sql.bounds import bounds, known_range
from sql.columns import columns
from sql.ddl import ROLE, create_role
from sql.extract import extract, table_name
from sql.keys import keys
from sql.outside import extract_outside
from sql.template import literal

CONTROL = Path(__file__).parent / "control"


def scripts() -> list[tuple[str, str]]:
    """The scripts of schema `control` as (name, text), in the order in which they must run."""
    return [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(CONTROL.glob("*.sql"))]


def factory_role(object_id: str | None = None) -> str:
    """The script that makes the login of the data factory: see `sql.ddl.create_role`."""
    return create_role(ROLE, object_id)


def contract_row(contract: Contract) -> str:
    """The script that writes one contract's control row.

    It fails when the contract's cursor or source differs from what the table's ledger counts in.
    """
    kind = contract.cursor.kind if contract.cursor else "snapshot"
    column = contract.cursor.column if contract.cursor else None
    texts = {
        "p_table": contract.table,
        "p_version": contract.version,
        "p_mode": contract.mode,
        "p_cursor_kind": kind,
        "p_cursor_column": column,
        "p_source_table": table_name(contract),
        "p_plan": contract.plan_json(),
        "p_bounds_template": bounds(contract),
        "p_range_template": known_range(contract),
        "p_extract_template": extract(contract),
        "p_outside_template": extract_outside(contract),
        "p_nulls": contract.cursor.nulls if contract.cursor else None,
        "p_columns_query": columns(contract),
        "p_definition": contract.definition_json(),
    }
    arguments = [f"{name} => {literal(value)}" for name, value in texts.items()]
    arguments.append(f"p_freshness_seconds => {contract.freshness.total_seconds()!r}")
    text = "select control.put_contract(\n    " + ",\n    ".join(arguments) + "\n);\n"
    template = keys(contract) if contract.deletes.kind == "keys" else None
    return f"{text}select control.put_keys({literal(contract.table)}, {literal(template)});\n"


def contract_list(contracts: Iterable[Contract]) -> str:
    """The script that disables every table which has no contract any more. Their ledgers stay."""
    names = ", ".join(literal(c.table) for c in sorted(contracts, key=lambda c: c.table))
    return f"select control.keep_contracts(array[{names}]::text[]);\n"
