"""A trigger with its runtime state: the one way in which the program declares triggers."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_azure_native import datafactory

from infra.sections import Factory
from infra.trigger_hooks import around
from infra.trigger_plane import STARTED, STOPPED


class Trigger(pulumi.ComponentResource):
    """A trigger that is as its stack wants it after every deployment that succeeds.

    `runtimeState` and `plane` are inputs of this component, so that what is declared also says in which state
    a trigger belongs and what brings it there.

    Args:
        name: Pulumi's logical name and the trigger's own.
        properties: when it fires, and what it runs.
        inside: the inputs that say in which factory it is.
        settings: the stack's factory settings.
        opts: of the trigger; they must name the factory as `deleted_with`, since no hook stops it at a delete.
    """

    def __init__(
        self,
        name: str,
        properties: Any,
        inside: Mapping[str, pulumi.Input[str]],
        settings: Factory,
        opts: pulumi.ResourceOptions,
    ):
        if opts.deleted_with is None:
            raise ValueError(f"trigger {name} does not go with its factory: deleted_with is not set")
        wanted = STARTED if settings.triggers == "started" else STOPPED
        state = {"runtimeState": wanted, "plane": settings.trigger_plane}
        super().__init__("highwater:infra:Trigger", name, state, pulumi.ResourceOptions(parent=opts.parent))
        datafactory.Trigger(
            name,
            trigger_name=name,
            properties=properties,
            **inside,
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(parent=self, hooks=around(name, settings.trigger_plane, wanted)),
            ),
        )
        self.register_outputs({})
