"""Every private endpoint of a stack, wherever it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi

from infra.factory_host import FactoryHost

if TYPE_CHECKING:
    from infra.network.space import PrivateNetwork

Stores = Mapping[str, pulumi.Input[str]]


def connect(
    host: FactoryHost, inside: PrivateNetwork | None, stores: Stores, after: Sequence[pulumi.Resource] = ()
) -> list[pulumi.Resource]:
    """Declare the private endpoints of a stack's network and of its factory; none in a public stack.

    Args:
        host: the factory.
        inside: the stack's network; None in a public stack.
        stores: ARM id of each store, by its name in `infra.reach`.
        after: what each store goes through first; it takes one change at a time.

    Returns:
        What is there once all of them are connected.
    """
    if inside is None:
        return []
    # They take two seconds to import, which a public stack need not wait for.
    from infra.network.endpoints import PrivateEndpoints
    from infra.network.managed import ManagedEndpoints

    ours = PrivateEndpoints(host.place, inside, stores, after).ready
    return [*ours, *ManagedEndpoints(host, stores, ours).ready]
