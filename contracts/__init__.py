"""The contracts: one YAML file a source table, and the only place that knows its columns.

>>> from contracts import load_all
>>> [c.table for c in load_all()]
['driver', 'trip', 'trip_event', 'zone']
"""

from contracts.errors import ContractError
from contracts.load import CONTRACTS_DIR, load_all, load_file
from contracts.model import Column, Contract, Cursor, Gold, Rule

__all__ = [
    "CONTRACTS_DIR",
    "Column",
    "Contract",
    "ContractError",
    "Cursor",
    "Gold",
    "Rule",
    "load_all",
    "load_file",
]
