"""What happens around a trigger's create and update: it is stopped before, and started after where wanted.

Azure refuses to change a trigger that runs (TriggerEnabledCannotUpdate) and makes every new one stopped. There
is no hook at delete: the engine would demand the program for a destroy. Triggers go with their factory instead.
When an update fails, the engine calls no hook after it: `highwater triggers ensure` comes after a deployment.
"""

import asyncio

import pulumi

from infra import trigger_plane
from infra.trigger_plane import STARTED, STOPPED


def around(name: str, plane: str, wanted: str) -> pulumi.ResourceHookBinding:
    """The hooks of one trigger.

    Args:
        name: Pulumi's logical name of the trigger; hooks are told apart by it.
        plane: what starts and stops it, see `trigger_plane.find`.
        wanted: `Started` or `Stopped`.
    """

    # The engine waits for a hook in the program's own event loop, which must go on for the other resources.
    async def stop(args: pulumi.ResourceHookArgs) -> None:
        await asyncio.to_thread(_stop_if_there, plane, args.id)

    async def settle(args: pulumi.ResourceHookArgs) -> None:
        await asyncio.to_thread(lambda: trigger_plane.bring(trigger_plane.find(plane), args.id, wanted))

    before = pulumi.ResourceHook(f"stop-{name}", stop)
    after = pulumi.ResourceHook(f"settle-{name}", settle)
    return pulumi.ResourceHookBinding(before_update=[before], after_create=[after], after_update=[after])


def _stop_if_there(plane: str, trigger_id: str) -> None:
    found = trigger_plane.find(plane)
    if found.state(trigger_id) == STARTED:
        trigger_plane.bring(found, trigger_id, STOPPED)
