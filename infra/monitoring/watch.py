"""All that watches a stack, in the two steps in which the program needs it."""

from collections.abc import Mapping, Sequence

import pulumi

from contracts import Contract
from infra.monitoring.alerts import Alerts
from infra.monitoring.facts import RunFacts
from infra.monitoring.logs import Logs
from infra.monitoring.workbook import Workbook
from infra.place import Place

# What is worth its price of each resource's logs: who did what, what failed, and how long it took. A resource
# that is not here sends every category that it has. Reads of the lake are left out: each query makes hundreds.
CATEGORIES = {
    "factory": ("PipelineRuns", "ActivityRuns", "TriggerRuns"),
    "lake": ("StorageWrite", "StorageDelete"),
    "postgres": ("PostgreSQLLogs",),
    "databricks": ("accounts", "clusters", "jobs", "secrets", "unityCatalog", "workspace"),
}


class Watch:
    """The workspace and the way in for facts; then, over what is there to watch, logs, alerts and the workbook.

    Attributes:
        logs: the Log Analytics workspace.
        facts: where runs send their facts.
    """

    def __init__(self, place: Place):
        self._place = place
        self.logs = Logs(place)
        self.facts = RunFacts(place, self.logs)

    def over(
        self,
        factory_id: pulumi.Input[str],
        logged: Mapping[str, pulumi.Input[str]],
        contracts: Sequence[Contract],
    ) -> None:
        """Watch the factory and log what is `logged`, ARM ids by the name that `CATEGORIES` knows them by."""
        for name, resource_id in {"factory": factory_id, **logged}.items():
            self.logs.diagnose(name, resource_id, CATEGORIES.get(name, ()))
        names = self._place.names
        groups = [names.of("resource_group", *part) for part in ((), ("databricks",), ("synapse",))]
        Alerts(self._place, self.logs, self.facts, contracts, factory_id, groups)
        Workbook(self._place, self.logs, self.facts)
