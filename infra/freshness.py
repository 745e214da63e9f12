"""Whether a stack can keep what its contracts promise: from a committed row to the view, step by step."""

from collections.abc import Sequence
from datetime import timedelta

from contracts import Contract
from infra.errors import InfraError
from infra.settings import Settings

_MINUTE = timedelta(minutes=1)
# Ordinary times, not guarantees; the check-list of docs/azure.md has them measured on a live subscription.
COMPUTE_START = {"serverless": 1 * _MINUTE, "job_cluster": 5 * _MINUTE}
MANAGED_NETWORK_START = 2 * _MINUTE
WORK = 3 * _MINUTE  # the activities of a run, and a merge of what five minutes bring


def budget(settings: Settings) -> dict[str, timedelta]:
    """What a row waits for at worst when nothing is wrong, by step."""
    network, every = settings.network, settings.factory.every_minutes
    cold = network.private and network.runtime.time_to_live_minutes <= every
    return {
        "the schedule": every * _MINUTE,
        "the managed network's start": MANAGED_NETWORK_START if cold else timedelta(),
        f"the start of {settings.compute.replace('_', ' ')} compute": COMPUTE_START[settings.compute],
        "a run's own work": WORK,
    }


def check(settings: Settings, contracts: Sequence[Contract]) -> None:
    """Refuse a stack whose steps take longer than a contract allows.

    Raises:
        InfraError: it names each such contract, its freshness and every step.
    """
    if settings.stack.environment == "local":  # nothing runs by itself there
        return
    steps = budget(settings)
    least = sum(steps.values(), timedelta())
    late = [c for c in contracts if c.freshness < least]
    if late:
        told = ", ".join(f"{step} {took // _MINUTE} min" for step, took in steps.items() if took)
        names = ", ".join(f"{c.table} ({c.freshness // _MINUTE} min)" for c in late)
        raise InfraError(
            f"Stack {settings.stack.name} can't keep the freshness of {names}.",
            f"It needs {least // _MINUTE} min: {told}.",
            "Change factory.every_minutes, network.runtime or databricks.compute, or the contract's freshness.",
        )
