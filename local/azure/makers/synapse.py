"""Synapse workspace -> a folder that holds the T-SQL objects of its serverless databases."""

from pathlib import Path

from local.azure.makers.maker import Maker, Properties, child, make_folder, remove_tree
from local.state import State


def _folder(state: State, name: str, properties: Properties) -> Path:
    return child(state.serving, name)


def _endpoints(state: State, name: str, properties: Properties) -> dict:
    # Serverless SQL alone: the laptop has no dedicated pool, no Studio and no development endpoint.
    return {"connectivityEndpoints": {"sqlOnDemand": str(_folder(state, name, properties))}}


WORKSPACE = Maker(
    make=lambda *of: make_folder(_folder(*of)),
    unmake=lambda *of: remove_tree(_folder(*of)),
    endpoints=_endpoints,
)
