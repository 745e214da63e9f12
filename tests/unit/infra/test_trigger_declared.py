"""What is declared of triggers: their state, the hooks around them, and that nobody else declares any."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pulumi
import pytest

from infra import trigger_hooks, trigger_plane
from infra.sections import Factory
from infra.trigger import Trigger
from infra.trigger_plane import STARTED, STOPPED
from local import triggers
from local.declare import resources, stack_config
from local.errors import HighwaterError

PROJECT = Path(__file__).resolve().parents[3]
TOKEN = "azure-native:datafactory:Trigger"


@pytest.mark.parametrize("stack", ["local", "dev", "pr-7"])
def test_every_trigger_is_inside_the_component_and_goes_with_the_factory(stack, declared):
    found = declared(stack)
    inside = [r for r in found.values() if r["type"] == TOKEN]
    assert inside
    for trigger in inside:
        parent = found[trigger["options"]["parent"]]
        assert (parent["type"], parent["inputs"]["runtimeState"]) == ("highwater:infra:Trigger", STARTED)
        assert found[trigger["options"]["deletedWith"]]["type"] == "azure-native:datafactory:Factory"
    assert len(inside) == sum(r["type"] == "highwater:infra:Trigger" for r in found.values())


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod", "pr-7"])
def test_every_trigger_is_stopped_before_a_change_and_settled_after_it_and_nothing_else_has_hooks(
    stack, declared
):
    found = {
        urn.rpartition("::")[2]: (resource["type"], resource["options"]["hooks"])
        for urn, resource in declared(stack).items()
        if "hooks" in resource["options"]
    }
    names = {"every_few_minutes", "every_window", "every_day"}
    assert found == {
        name: (TOKEN, {
            "beforeUpdate": [f"stop-{name}"],
            "afterCreate": [f"settle-{name}"],
            "afterUpdate": [f"settle-{name}"],
        })
        for name in names
    }  # fmt: skip


def test_the_laptop_has_its_own_plane_and_azure_the_real_one(declared):
    def planes(stack: str) -> set[str]:
        return {
            r["inputs"]["plane"] for r in declared(stack).values() if r["type"] == "highwater:infra:Trigger"
        }

    assert planes("local") == {"local.azure.trigger_states:plane"}
    for stack in ("dev", "staging", "prod", "pr-7"):
        assert planes(stack) == {"infra.trigger_plane:azure"}


def test_the_wanted_state_is_a_setting():
    config = stack_config("dev") | {"highwater:factory": '{"triggers": "stopped"}'}
    states = {
        r["inputs"]["runtimeState"]
        for r in resources("dev", config)
        if r["type"] == "highwater:infra:Trigger"
    }
    assert states == {STOPPED}


def test_no_module_but_the_component_s_makes_a_trigger():
    makers = set()
    for package in ("infra", "pipelines", "local"):
        for path in (PROJECT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and (node.func.attr, getattr(node.func.value, "id", "")) == ("Trigger", "datafactory")
                ):
                    makers.add(path.name)
    assert makers == {"trigger.py"}


def test_a_trigger_that_does_not_go_with_its_factory_is_refused():
    with pytest.raises(ValueError, match="deleted_with"):
        Trigger("t", {}, {}, Factory(), pulumi.ResourceOptions())


class _Plane:
    def __init__(self, state: str | None):
        self.now, self.calls = state, []

    def state(self, _id: str) -> str | None:
        return self.now

    def start(self, id_: str) -> None:
        self.calls.append(("start", id_))
        self.now = STARTED

    def stop(self, id_: str) -> None:
        self.calls.append(("stop", id_))
        self.now = STOPPED


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch):
    """`hooks(wanted, plane)`: the binding's hook functions, registered nowhere."""
    monkeypatch.setattr(
        pulumi, "ResourceHook", lambda name, function: SimpleNamespace(name=name, run=function)
    )

    def make(wanted: str, plane: _Plane) -> pulumi.ResourceHookBinding:
        monkeypatch.setattr(trigger_plane, "find", lambda reference: plane)
        return trigger_hooks.around("t", "any:plane", wanted)

    return make


async def _run(hook) -> None:
    await hook.run(SimpleNamespace(id="/id/t"))


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [(STARTED, [("stop", "/id/t"), ("start", "/id/t")]), (STOPPED, [("stop", "/id/t")])],
)
def test_an_update_of_a_started_trigger_is_between_a_stop_and_what_is_wanted(hooks, wanted, calls):
    import asyncio

    plane = _Plane(STARTED)
    binding = hooks(wanted, plane)
    asyncio.run(_run(*binding.before_update))
    assert plane.now == STOPPED
    asyncio.run(_run(*binding.after_update))
    assert (plane.now, plane.calls) == (wanted, calls)


def test_a_new_trigger_is_started_and_nothing_hooks_a_delete(hooks):
    import asyncio

    plane = _Plane(STOPPED)
    binding = hooks(STARTED, plane)
    asyncio.run(_run(*binding.after_create))
    assert plane.calls == [("start", "/id/t")]
    assert not binding.before_delete and not binding.after_delete and not binding.before_create


def test_the_command_brings_all_to_their_state_and_one_s_failure_stops_no_other(monkeypatch):
    planes = {"a": _Plane(STOPPED), "b": _Plane(None), "c": _Plane(STARTED)}
    monkeypatch.setattr(trigger_plane, "find", lambda reference: planes[reference])
    given = [triggers.DeclaredTrigger(name, f"/id/{name}", STARTED, name) for name in planes]
    first, second, third = triggers.bring(given)
    assert (first.before, first.now, first.error) == (STOPPED, STARTED, "")
    assert second.now is None and "declared and not deployed" in second.error
    assert (third.before, third.now, planes["c"].calls) == (STARTED, STARTED, [])
    stopped = triggers.bring(given, STOPPED)
    assert [(o.now, o.error) for o in stopped] == [(STOPPED, ""), (None, ""), (STOPPED, "")]


def test_a_stack_on_azure_needs_its_subscription_and_gets_real_ids():
    with pytest.raises(HighwaterError, match="--subscription ID"):
        triggers.declared("dev")
    subscription = "12345678-0000-0000-0000-000000000000"
    (trigger,) = triggers.declared("dev", subscription, "every_few_minutes")
    assert trigger.id.startswith(f"/subscriptions/{subscription}/resourceGroups/rg-hw-dev/providers/")
    assert trigger.id.endswith("/triggers/every_few_minutes")
    assert (trigger.wanted, trigger.plane) == (STARTED, "infra.trigger_plane:azure")
    with pytest.raises(HighwaterError, match="declared: every_day, every_few_minutes, every_window"):
        triggers.declared("dev", subscription, "nightly")
