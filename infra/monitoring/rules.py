"""What the alerts ask of the facts of runs: rules as data, each a query that answers nothing while all is well."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts import Contract
from infra.monitoring.facts import TABLE
from infra.sections import Monitoring


@dataclass(frozen=True)
class QueryAlert:
    """A rule that fires for every row that its query answers, once a value of `dimension`.

    Attributes:
        key: what it is called.
        title: the subject of the message.
        description: what it means and what to do.
        severity: 0 critical to 4 verbose.
        window: how far the query looks back, in ISO 8601; two days at the most.
        dimension: the column that tells one cause from another.
        kql: the query; it answers nothing while all is well.
    """

    key: str
    title: str
    description: str
    severity: int
    window: str
    dimension: str
    kql: str


def _freshness(contracts: Sequence[Contract]) -> QueryAlert:
    # The tables come from the contracts and not from the facts: one that sends none at all is late too.
    targets = ", ".join(
        f"'{c.table}', {c.freshness.total_seconds():.0f}" for c in sorted(contracts, key=lambda c: c.table)
    )
    return QueryAlert(
        "freshness",
        "A table is older than its contract allows",
        "What is served is older than the contract's freshness, or no run has sent facts of the table for two"
        " days. Look at the workbook's panels Runs and Watermark held back.",
        1,
        "P2D",
        "TableName",
        f"""let Targets = datatable(TableName: string, TargetSeconds: real) [{targets}];
let Latest = {TABLE}
| where Kind == 'live'
| summarize arg_max(TimeGenerated, LagSeconds) by TableName;
Targets
| join kind=leftouter Latest on TableName
| extend LagNow = LagSeconds + datetime_diff('second', now(), TimeGenerated)
| where isnull(LagNow) or LagNow > TargetSeconds
| project TableName, TargetSeconds, LagNow""",
    )


def query_alerts(settings: Monitoring, contracts: Sequence[Contract]) -> list[QueryAlert]:
    """Every rule that asks the facts of runs."""
    return [
        _freshness(contracts),
        QueryAlert(
            "held-back",
            "An open transaction holds a watermark back",
            "Rows at the source can't be read safely while an older transaction is open. HeldBy names it; end it"
            " at the source, or wait.",
            2,
            "PT1H",
            "TableName",
            f"""{TABLE}
| where Kind == 'live'
| summarize arg_max(TimeGenerated, HeldSeconds, HeldBy) by TableName
| where HeldSeconds > {settings.held_back_minutes * 60}
| project TableName, HeldSeconds, HeldBy""",
        ),
        QueryAlert(
            "quarantine",
            "A table's rules keep out more rows than usual",
            "The share of quarantined rows of the last hour is above the limit. The rows and the rule that each"
            " broke are in the quarantine container.",
            2,
            "PT1H",
            "TableName",
            f"""{TABLE}
| summarize arg_max(TimeGenerated, RowsRead, Quarantined) by RunId, TableName
| summarize Rows = sum(RowsRead), KeptOut = sum(Quarantined) by TableName
| where Rows > 0 and todouble(KeptOut) / Rows > {settings.quarantine_rate!r}
| project TableName, Rows, KeptOut""",
        ),
    ]
