"""Where a stack's resources go: every component takes it."""

from dataclasses import dataclass

import pulumi

from infra.names import Names
from infra.settings import Settings


@dataclass(frozen=True)
class Place:
    """The resource group of a stack, its settings and its names.

    Attributes:
        settings: the stack's settings.
        names: names within Azure's limits.
        group: name of the resource group.
        group_id: ARM id of the resource group.
    """

    settings: Settings
    names: Names
    group: pulumi.Output[str]
    group_id: pulumi.Output[str]

    @property
    def subscription(self) -> pulumi.Output[str]:
        """The subscription's ARM id, taken from the group's so that nothing has to be asked for it."""
        return self.group_id.apply(lambda found: "/".join(found.split("/")[:3]))
