"""Who is told of what: an action group, the alert rules, and the month's budget."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import consumption, monitor

from contracts import Contract
from infra.monitoring.facts import RunFacts
from infra.monitoring.logs import Logs
from infra.monitoring.rules import QueryAlert, query_alerts
from infra.place import Place

# Percent of a budget: spent so much, or on the way to more than all of it.
_SPENT = (80, 100)
_FORECAST = 110


class Alerts(pulumi.ComponentResource):
    """The rules of a stack. Those of a pull request's stack are declared and stay silent.

    Args:
        factory_id: ARM id of the factory whose failed runs count.
        cost_groups: names of the resource groups whose cost is the stack's.
    """

    def __init__(
        self,
        place: Place,
        logs: Logs,
        facts: RunFacts,
        contracts: Sequence[Contract],
        factory_id: pulumi.Input[str],
        cost_groups: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Alerts", "alerts", None, opts)
        self._place = place
        self._speaks = not place.settings.stack.ephemeral
        self._group = self._action_group()
        self._pipeline_failed(factory_id)
        for alert in query_alerts(place.settings.monitoring, contracts):
            self._query_rule(alert, logs, facts)
        # A month's budget says nothing about a stack that lives for days.
        if place.settings.monitoring.budget is not None and self._speaks:
            self._budget(cost_groups)
        self.register_outputs({})

    def _action_group(self) -> monitor.ActionGroup:
        settings = self._place.settings
        return monitor.ActionGroup(
            "watchers",
            action_group_name=self._place.names.of("action_group"),
            resource_group_name=self._place.group,
            location="Global",
            group_short_name="highwater",
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address, email_address=address, use_common_alert_schema=True
                )
                for address in settings.monitoring.alert_emails
            ],
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _pipeline_failed(self, factory_id: pulumi.Input[str]) -> None:
        """From the factory's own metric, which needs neither the facts nor the workspace."""
        monitor.MetricAlert(
            "pipeline-failed",
            rule_name=self._place.names.of("alert", "pipeline-failed"),
            resource_group_name=self._place.group,
            location="global",
            description="A pipeline run failed. Its message, in the workbook's panel Runs, says why; the next"
            " run finishes what it left.",
            severity=1,
            enabled=self._speaks,
            scopes=[factory_id],
            evaluation_frequency="PT5M",
            window_size="PT5M",
            auto_mitigate=True,
            criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
                odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                all_of=[
                    monitor.MetricCriteriaArgs(
                        criterion_type="StaticThresholdCriterion",
                        name="failed",
                        metric_namespace="Microsoft.DataFactory/factories",
                        metric_name="PipelineFailedRuns",
                        operator=monitor.Operator.GREATER_THAN,
                        threshold=0,
                        time_aggregation=monitor.AggregationTypeEnum.TOTAL,
                    )
                ],
            ),
            actions=[monitor.MetricAlertActionArgs(action_group_id=self._group.id)],
            tags=self._place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _query_rule(self, alert: QueryAlert, logs: Logs, facts: RunFacts) -> None:
        place = self._place
        monitor.ScheduledQueryRule(
            alert.key,
            rule_name=place.names.of("alert", alert.key),
            resource_group_name=place.group,
            location=place.settings.location,
            kind=monitor.Kind.LOG_ALERT,
            display_name=alert.title,
            description=alert.description,
            severity=alert.severity,
            enabled=self._speaks,
            scopes=[logs.workspace_id],
            evaluation_frequency=f"PT{place.settings.monitoring.evaluate_minutes}M",
            window_size=alert.window,
            auto_mitigate=True,
            # A new table can be asked some minutes after it was made, and the rule comes seconds after it.
            skip_query_validation=True,
            criteria=monitor.ScheduledQueryRuleCriteriaArgs(
                all_of=[
                    monitor.ConditionArgs(
                        query=alert.kql,
                        time_aggregation=monitor.TimeAggregation.COUNT,
                        operator="GreaterThan",  # the SDK's own enumeration is that of another version
                        threshold=0,
                        dimensions=[
                            monitor.DimensionArgs(name=alert.dimension, operator="Include", values=["*"])
                        ],
                        failing_periods=monitor.ConditionFailingPeriodsArgs(
                            number_of_evaluation_periods=1, min_failing_periods_to_alert=1
                        ),
                    )
                ]
            ),
            actions=monitor.ActionsArgs(action_groups=[self._group.id]),
            tags=place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[facts.table]),
        )

    def _budget(self, cost_groups: Sequence[pulumi.Input[str]]) -> None:
        """Of all groups that the stack pays for: Databricks and Synapse put theirs beside ours."""
        settings = self._place.settings.monitoring
        emails = list(settings.alert_emails)

        def notice(percent: int, kind: consumption.ThresholdType) -> consumption.NotificationArgs:
            return consumption.NotificationArgs(
                enabled=True,
                operator=consumption.OperatorType.GREATER_THAN,
                threshold=percent,
                threshold_type=kind,
                contact_emails=emails,
                contact_groups=[self._group.id],
            )

        actual, forecast = consumption.ThresholdType.ACTUAL, consumption.ThresholdType.FORECASTED
        consumption.Budget(
            "budget",
            budget_name=self._place.names.of("budget"),
            scope=self._place.subscription,
            amount=settings.budget.amount,
            category=consumption.CategoryType.COST,
            time_grain=consumption.TimeGrainType.MONTHLY,
            time_period=consumption.BudgetTimePeriodArgs(start_date=f"{settings.budget.start}T00:00:00Z"),
            filter=consumption.BudgetFilterArgs(
                dimensions=consumption.BudgetComparisonExpressionArgs(
                    name="ResourceGroupName", operator=consumption.BudgetOperatorType.IN_, values=cost_groups
                )
            ),
            notifications={
                **{f"spent{percent}": notice(percent, actual) for percent in _SPENT},
                f"forecast{_FORECAST}": notice(_FORECAST, forecast),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
