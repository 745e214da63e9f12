"""What each declared type of resource puts on the bill."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from local.cost.bill import JOB, POOL, Bill
from local.cost.workload import DAYS, HOURS, Cadence

AZURE = "azure-native:"
# What an activity is billed as, beside its run. The rest is control flow, which has no duration to pay for.
PIPELINE, EXTERNAL = ("Lookup", "GetMetadata", "Delete"), ("Script", "DatabricksJob", "WebActivity")
_FREE_LOG_DAYS = 31
_LEAST_QUERY_MB = 10


def _postgres(bill: Bill, server: Mapping[str, Any]) -> None:
    available = server.get("highAvailability", {}).get("mode", "Disabled") != "Disabled"
    servers = 2 if available else 1
    pair = ", two of them" if available else ""
    bill.add(
        f"PostgreSQL {server['sku']['name']}{pair}", f"postgres.{server['sku']['name']}", HOURS * servers
    )
    bill.add("PostgreSQL storage", "postgres.storage", server["storage"]["storageSizeGB"] * servers)


def _lake(bill: Bill, account: Mapping[str, Any]) -> None:
    redundancy = account["sku"]["name"]

    def kept(cadence: Cadence) -> float:
        layers = bill.live_gb() * bill.table.assume("layers")
        return layers + bill.landed_gb_per_day(cadence) * _landing_days(bill)

    def writes(cadence: Cadence) -> float:
        return bill.windows(cadence) * cadence.runs * bill.table.assume("files_per_window")

    bill.add(f"Lake, {redundancy}", f"storage.{redundancy}", kept)
    bill.add("Lake, writes", "storage.write", writes)


def _landing_days(bill: Bill) -> float:
    """For how long a landed file is paid for: until its rule deletes it, and then until it can't be had back."""
    days = 0.0
    for policy in bill.of(f"{AZURE}storage:ManagementPolicy"):
        for rule in policy["policy"]["rules"]:
            deleted = rule["definition"]["actions"]["baseBlob"].get("delete")
            if deleted and rule["definition"]["filters"]["prefixMatch"] == ["landing/"]:
                days = deleted["daysAfterModificationGreaterThan"]
    for service in bill.of(f"{AZURE}storage:BlobServiceProperties"):
        days += service["deleteRetentionPolicy"]["days"]
    return days


def _pipelines(bill: Bill, factory: Mapping[str, Any]) -> None:
    """Orchestration; the activities' own time too, unless a runtime of the stack's own runs them."""
    bill.add(
        "Data Factory, activity runs",
        "adf.activity_run",
        lambda c: bill.activities(c).total() * c.runs,
    )
    if bill.of(f"{AZURE}datafactory:IntegrationRuntime"):
        return

    def minutes(kinds: tuple[str, ...]) -> Callable[[Cadence], float]:
        # Each activity's time is rounded up to a minute; these take seconds.
        return lambda c: sum(bill.activities(c)[kind] for kind in kinds) * c.runs / 60

    def copied(cadence: Cadence) -> float:
        copies = bill.activities(cadence)["Copy"]
        each = bill.copy_seconds(cadence) / copies if copies else 0
        minutes = copies * max(1, math.ceil(each / 60))
        return minutes / 60 * cadence.runs * bill.table.assume("copy_units")

    bill.add("Data Factory, copies", "adf.copy", copied)
    bill.add("Data Factory, lookups", "adf.pipeline", minutes(PIPELINE))
    bill.add("Data Factory, external activities", "adf.external", minutes(EXTERNAL))


def _runtime(bill: Bill, runtime: Mapping[str, Any]) -> None:
    """Compute in the managed network is paid while it runs and while it is kept warm after that."""
    compute = runtime["properties"]["computeProperties"]
    copying = compute["copyComputeScaleProperties"]
    outside = compute["pipelineExternalComputeScaleProperties"]

    def warm(minutes: float) -> Callable[[Cadence], float]:
        def hours(cadence: Cadence) -> float:
            run = (bill.copy_seconds(cadence) + bill.job_seconds(cadence)) / 60
            return min(HOURS, cadence.runs * (run + minutes) / 60)

        return hours

    copies, nodes = warm(copying["timeToLive"]), warm(outside["timeToLive"])
    bill.add(
        "Managed network, copies", "adf.managed.copy", lambda c: copies(c) * copying["dataIntegrationUnit"]
    )
    bill.add(
        "Managed network, lookups",
        "adf.managed.pipeline",
        lambda c: nodes(c) * outside["numberOfPipelineNodes"],
    )
    bill.add(
        "Managed network, external activities",
        "adf.managed.external",
        lambda c: nodes(c) * outside["numberOfExternalNodes"],
    )


def _job_hours(bill: Bill, cadence: Cadence) -> float:
    """A month's hours in which the merge job is at work."""
    return bill.job_seconds(cadence) / 3600 * cadence.runs * bill.merges(cadence)


def _job(bill: Bill, job: Mapping[str, Any]) -> None:
    if not job.get("jobClusters"):
        rate = bill.table.assume("serverless_dbu_per_hour")
        bill.add(
            "Databricks, serverless job",
            "databricks.serverless_jobs",
            lambda c: _job_hours(bill, c) * rate,
        )
        return
    rate = bill.table.assume("node_dbu_per_hour")
    for cluster in (found["newCluster"] for found in job["jobClusters"]):
        nodes = cluster["numWorkers"] + 1
        # A cluster that draws on a pool leaves the size of its machines to it.
        size = cluster.get("nodeTypeId") or bill.pools()[0]["nodeTypeId"]
        bill.add(
            "Databricks, job cluster", "databricks.jobs", lambda c, n=nodes: _job_hours(bill, c) * n * rate
        )
        bill.add(f"{nodes} nodes {size}", f"vm.{size}", lambda c, n=nodes: _job_hours(bill, c) * n)


def _pool(bill: Bill, pool: Mapping[str, Any]) -> None:
    """Machines that wait for the next run cost what Azure asks for them, and nothing of Databricks'."""
    clusters = [c["newCluster"] for job in bill.of(JOB) for c in job.get("jobClusters") or []]
    nodes = sum(cluster["numWorkers"] + 1 for cluster in clusters)
    each = pool["idleInstanceAutoterminationMinutes"] / 60

    def idle(cadence: Cadence) -> float:
        left = max(0.0, HOURS - _job_hours(bill, cadence))
        return nodes * min(left, cadence.runs * bill.merges(cadence) * each)

    bill.add(f"{nodes} nodes {pool['nodeTypeId']}, kept warm", f"vm.{pool['nodeTypeId']}", idle)


def _synapse(bill: Bill, workspace: Mapping[str, Any]) -> None:
    mb = max(_LEAST_QUERY_MB, bill.table.assume("query_mb"))
    bill.add(
        "Synapse serverless", "synapse.processed", bill.table.assume("queries_per_day") * DAYS * mb / 1e6
    )


def _logs(bill: Bill, workspace: Mapping[str, Any]) -> None:
    bill.add("Log Analytics, ingestion", "logs.ingested", bill.log_gb)
    months = max(0, workspace["retentionInDays"] - _FREE_LOG_DAYS) / DAYS
    bill.add("Log Analytics, retention", "logs.kept", lambda c: bill.log_gb(c) * months)


def _query_alert(bill: Bill, rule: Mapping[str, Any]) -> None:
    minutes = rule["evaluationFrequency"].removeprefix("PT").removesuffix("M")
    bill.add(f"Alert {rule['displayName']}", f"alert.query.{minutes}", 1)
    # One that tells tables apart watches each; the first is the rule's own.
    split = any(condition.get("dimensions") for condition in rule["criteria"]["allOf"])
    if split and len(bill.volumes) > 1:
        bill.add("Alerts, further tables", f"alert.series.{minutes}", len(bill.volumes) - 1)


def _vault(bill: Bill, vault: Mapping[str, Any]) -> None:
    each = bill.table.assume("vault_operations_per_run")
    bill.add("Key Vault", "vault.operation", lambda c: c.runs * each)


def _flat(what: str, key: str, quantity: float) -> Callable[[Bill, Mapping[str, Any]], None]:
    return lambda bill, _inputs: bill.add(what, key, quantity)


# A type to what it puts on the bill, once a resource.
WRITERS: dict[str, Callable[[Bill, Mapping[str, Any]], None]] = {
    f"{AZURE}datafactory:Factory": _pipelines,
    f"{AZURE}datafactory:IntegrationRuntime": _runtime,
    f"{AZURE}datafactory:ManagedPrivateEndpoint": _flat(
        "Managed private endpoint", "network.private_endpoint", HOURS
    ),
    JOB: _job,
    POOL: _pool,
    f"{AZURE}dbforpostgresql:Server": _postgres,
    f"{AZURE}storage:StorageAccount": _lake,
    f"{AZURE}synapse:Workspace": _synapse,
    f"{AZURE}operationalinsights:Workspace": _logs,
    f"{AZURE}monitor:MetricAlert": _flat("Alert on a metric", "alert.metric", 1),
    f"{AZURE}monitor:ScheduledQueryRule": _query_alert,
    f"{AZURE}keyvault:Vault": _vault,
    f"{AZURE}network:PrivateEndpoint": _flat("Private endpoint", "network.private_endpoint", HOURS),
    f"{AZURE}network:NatGateway": _flat("NAT gateway", "network.nat_gateway", HOURS),
    f"{AZURE}network:PublicIPAddress": _flat("Public address", "network.public_address", HOURS),
    f"{AZURE}privatedns:PrivateZone": _flat("Private DNS zone", "network.private_zone", 1),
}
# Paid for in the line of another type.
ELSEWHERE = {f"{AZURE}datafactory:Pipeline"}
