"""Whether a stack can keep what its contracts promise: from a committed row to the view, step by step."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from contracts import Contract
from infra.errors import InfraError
from infra.settings import NAMESPACE, Settings

_MINUTE = timedelta(minutes=1)
# Ordinary times, not guarantees; the check-list of docs/azure-network.md has them measured on a live subscription.
COMPUTE_START = {"serverless": 1 * _MINUTE, "job_cluster": 5 * _MINUTE}
# Of a cluster whose machines are still up, with the runtime on them.
WARM_START = 2 * _MINUTE
MANAGED_NETWORK_START = 2 * _MINUTE
WORK = 3 * _MINUTE  # the activities of a run, and a merge of what five minutes bring


def _run(settings: Settings, start: timedelta) -> dict[str, timedelta]:
    """What a run takes, by step."""
    network = settings.network
    cold = network.private and network.runtime.time_to_live_minutes <= settings.factory.every_minutes
    return {
        "the managed network's start": MANAGED_NETWORK_START if cold else timedelta(),
        f"the start of {settings.compute.replace('_', ' ')} compute": start,
        "a run's own work": WORK,
    }


def budget(settings: Settings) -> dict[str, timedelta]:
    """What a row waits for at worst when nothing is wrong, by step: it comes after a quiet hour, all is cold."""
    every = {"the schedule": settings.factory.every_minutes * _MINUTE}
    return every | _run(settings, COMPUTE_START[settings.compute])


def busy(settings: Settings) -> dict[str, timedelta]:
    """What a run takes that follows another one, by step."""
    warm = (
        settings.compute == "job_cluster"
        and settings.databricks.cluster.idle_minutes > settings.factory.every_minutes
    )
    return _run(settings, WARM_START if warm else COMPUTE_START[settings.compute])


def _told(steps: Mapping[str, timedelta]) -> str:
    return ", ".join(f"{step} {took // _MINUTE} min" for step, took in steps.items() if took)


def _keeps_up(settings: Settings) -> None:
    steps, found = busy(settings), settings.factory.every_minutes
    least = sum(steps.values(), timedelta()) // _MINUTE
    if found < least:
        # One run at a time: those that are due queue up, and a queue of a hundred fails what comes after.
        raise InfraError(
            f"Stack {settings.stack.name} can't keep up with its own schedule.",
            f"{NAMESPACE}:factory.every_minutes: must be at least {least}, what a run takes: {_told(steps)}"
            f" (found: {found})",
            "Set it higher, or databricks.cluster.idle_minutes above it so that runs find their machines warm,"
            " or databricks.compute to serverless.",
        )


def check(settings: Settings, contracts: Sequence[Contract]) -> None:
    """Refuse a stack whose runs outlast its schedule, or whose steps take longer than a contract allows.

    Raises:
        InfraError: it names the key, the rule and the value; each such contract, its freshness and every step.
    """
    if settings.stack.environment == "local":  # nothing runs by itself there
        return
    _keeps_up(settings)
    steps = budget(settings)
    least = sum(steps.values(), timedelta())
    late = [c for c in contracts if c.freshness < least]
    if late:
        tightest = min(c.freshness for c in late)
        most = (tightest - least + steps["the schedule"]) // _MINUTE
        rule = f"must be at most {most}" if most > 0 else "no value is low enough"
        names = ", ".join(f"{c.table} ({c.freshness // _MINUTE} min)" for c in late)
        raise InfraError(
            f"Stack {settings.stack.name} can't keep the freshness of {names}.",
            f"{NAMESPACE}:factory.every_minutes: {rule} (found: {settings.factory.every_minutes}).\n"
            f"A row waits {least // _MINUTE} min at worst: {_told(steps)}.",
            "Change factory.every_minutes, network.runtime or databricks.compute, or the contract's freshness.",
        )
