"""What there is to see of the runs: the panels of the Azure workbook and of the console, as data.

Each panel is asked twice: in KQL of what a stack's Log Analytics workspace holds, and in SQL of the control
database, as the laptop has it. Columns and their order are the same, which a test holds.
"""

from dataclasses import dataclass
from typing import Literal

Chart = Literal["table", "timechart", "barchart"]

# How far back panels may look, and do unless somebody chooses otherwise.
RANGE_HOURS = (1, 4, 24, 72, 168, 720)
DEFAULT_HOURS = 24

# The pipelines that somebody or a trigger starts; of those that they run, their own message tells.
ENTRY_POINTS = ("ingest", "reload", "backfill", "reconcile", "release", "repair", "maintain")
_ENTRY_POINTS = ", ".join(f"'{name}'" for name in ENTRY_POINTS)
_ONCE = "HighwaterRun_CL\n| summarize arg_max(TimeGenerated, *) by RunId, TableName"
_LIVE = f"{_ONCE}\n| where Kind == 'live'"


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        key: what a program calls it.
        title: what people read over it.
        note: what it tells, in a sentence.
        chart: how it is drawn; a chart has its time first, then its series, then its values.
        kql: the question to Log Analytics. The time range is set by whoever asks.
        sql: the question to the control database, with no limit of time and newest first.
        unit: of a chart's values.
    """

    key: str
    title: str
    note: str
    chart: Chart
    kql: str
    sql: str
    unit: str = ""


PANELS = (
    Panel(
        "runs",
        "Runs",
        "Every run of a pipeline that reads, compares or keeps data, and why it failed.",
        "table",
        f"""ADFPipelineRun
| where PipelineName in ({_ENTRY_POINTS})
| summarize arg_max(TimeGenerated, Status, Start, End, ErrorMessage) by RunId, PipelineName
| extend Seconds = datetime_diff('second', End, Start)
| project Start, PipelineName, RunId, Status, Seconds, ErrorMessage
| order by Start desc""",
        """select started as "Start", pipeline as "PipelineName", run_id as "RunId", status as "Status",
       round(extract(epoch from coalesce(ended, clock_timestamp()) - started))::bigint as "Seconds",
       message as "ErrorMessage"
from control.every_run order by started desc""",
    ),
    Panel(
        "freshness",
        "Freshness",
        "How old what is served is now, beside what its contract allows.",
        "table",
        f"""{_LIVE}
| summarize arg_max(TimeGenerated, Watermark, LagSeconds, FreshnessTargetSeconds, UnmergedWindows) by TableName
| extend LagNow = LagSeconds + datetime_diff('second', now(), TimeGenerated)
| extend Fresh = LagNow <= FreshnessTargetSeconds
| project TableName, Watermark, LagNow, FreshnessTargetSeconds, Fresh, UnmergedWindows
| order by TableName asc""",
        """select table_name as "TableName", watermark as "Watermark", lag_seconds as "LagNow",
       freshness_target_seconds as "FreshnessTargetSeconds", fresh as "Fresh",
       open_windows + landed_windows as "UnmergedWindows"
from control.status where enabled order by table_name""",
    ),
    Panel(
        "held_back",
        "Watermark held back",
        "For how long an open transaction at the source kept rows from being read, and whose it was.",
        "timechart",
        f"""{_LIVE}
| where isnotnull(HeldSeconds)
| project TimeGenerated, TableName, HeldSeconds, HeldBy
| order by TimeGenerated desc""",
        """select coalesce(ended, started) as "TimeGenerated", table_name as "TableName",
       held_seconds as "HeldSeconds", held_by as "HeldBy"
from control.run_report where kind = 'live' and held_seconds is not null order by 1 desc, 2""",
        "s",
    ),
    Panel(
        "rows",
        "Rows and quarantine",
        "What each run read of each table, and what its rules kept out.",
        "barchart",
        f"""{_ONCE}
| project TimeGenerated, TableName, RowsRead, Quarantined, Inserted, Updated, Deleted
| order by TimeGenerated desc""",
        """select coalesce(ended, started) as "TimeGenerated", table_name as "TableName", rows as "RowsRead",
       quarantined as "Quarantined", inserted as "Inserted", updated as "Updated", deleted as "Deleted"
from control.run_report where table_name is not null order by 1 desc, 2""",
        "rows",
    ),
    Panel(
        "durations",
        "Durations",
        "How long each table's load and merge took in each run.",
        "timechart",
        f"""{_ONCE}
| project TimeGenerated, TableName, LoadSeconds, MergeSeconds
| order by TimeGenerated desc""",
        """select coalesce(ended, started) as "TimeGenerated", table_name as "TableName",
       load_seconds as "LoadSeconds", merge_seconds as "MergeSeconds"
from control.run_report where table_name is not null order by 1 desc, 2""",
        "s",
    ),
)
