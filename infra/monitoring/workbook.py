"""The Azure workbook that shows a stack's panels."""

import json
import uuid
from typing import Any

import pulumi
from pulumi_azure_native import applicationinsights

from infra.monitoring.facts import RunFacts
from infra.monitoring.logs import Logs
from infra.panels import DEFAULT_HOURS, PANELS, RANGE_HOURS, Panel
from infra.place import Place

_SCHEMA = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
_TEXT, _PARAMETERS, _QUERY = 1, 9, 3  # the workbook format's own numbers of its kinds of items
_RANGE = "Range"
_HOUR = 60 * 60 * 1000  # in milliseconds


def _heading(name: str) -> dict[str, Any]:
    text = f"## Highwater: {name}\nThe runs of the pipelines and what they did to each table."
    return {"type": _TEXT, "name": "heading", "content": {"json": text}}


def _range() -> dict[str, Any]:
    """The one parameter: how far back the panels look."""
    choices = [{"durationMs": hours * _HOUR} for hours in RANGE_HOURS]
    parameter = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, "highwater:workbook:range")),
        "version": "KqlParameterItem/1.0",
        "name": _RANGE,
        "label": "Time range",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": DEFAULT_HOURS * _HOUR},
        "typeSettings": {"selectableValues": choices, "allowCustom": True},
    }
    content = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills"}
    return {"type": _PARAMETERS, "name": "range", "content": content}


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": _QUERY,
        "name": panel.key,
        "content": {
            "version": "KqlItem/1.0",
            "query": panel.kql,
            "size": 0,
            "title": panel.title,
            "noDataMessage": f"Nothing in this time range. {panel.note}",
            "timeContextFromParameter": _RANGE,
            "queryType": 0,
            "resourceType": "microsoft.operationalinsights/workspaces",
            "visualization": panel.chart,
        },
    }


def serialized(name: str, workspace_id: str) -> str:
    """The workbook as Azure keeps it: one JSON text.

    Args:
        name: the stack's name, in the heading.
        workspace_id: ARM id of the workspace that its panels ask.
    """
    book = {
        "version": "Notebook/1.0",
        "items": [_heading(name), _range(), *(_panel(panel) for panel in PANELS)],
        "fallbackResourceIds": [workspace_id],
        "$schema": _SCHEMA,
    }
    return json.dumps(book)


class Workbook(pulumi.ComponentResource):
    """The workbook, beside the workspace that it asks."""

    def __init__(self, place: Place, logs: Logs, facts: RunFacts, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:Workbook", "workbook", None, opts)
        settings = place.settings
        applicationinsights.Workbook(
            "runs",
            # Azure wants a GUID for its name, the same one at every deployment.
            resource_name_=str(
                uuid.uuid5(
                    uuid.NAMESPACE_URL, f"highwater:{settings.organisation}:{settings.stack.name}:runs"
                )
            ),
            resource_group_name=place.group,
            location=settings.location,
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            category="workbook",
            display_name=f"Highwater {settings.stack.name}",
            source_id=logs.workspace_id,
            serialized_data=logs.workspace_id.apply(lambda found: serialized(settings.stack.name, found)),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[facts.table]),
        )
        self.register_outputs({})
