"""What a stack declares, without an engine, a network or a credential: one JSON object a resource.

The program runs against Pulumi's own mock monitor. Every registration that an engine would get passes
through it, so inputs and options are the very ones of a deployment; outputs come from `local.azure.outputs`.
"""

import asyncio
import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import yaml

from local.azure.outputs import SUBSCRIPTION, TENANT, answer
from local.errors import HighwaterError
from local.state import PROJECT

_SECRET = "[secret]"
_STACK_TYPE = "pulumi:pulumi:Stack"
_BLOB = "__provider"  # a dynamic resource's pickled code: no part of what is declared

Resource = dict[str, Any]


def project_name(folder: Path = PROJECT) -> str:
    """The project's name in Pulumi.yaml."""
    return yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]


def stack_config(stack: str, folder: Path = PROJECT) -> dict[str, str]:
    """A stack's config as the engine hands it over: full keys to texts, an object as its JSON.

    A value of the project's Pulumi.yaml holds unless the stack's own file has another.
    """
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    name, merged = project["name"], {}
    for key, given in (project.get("config") or {}).items():
        value = given.get("value", given.get("default")) if isinstance(given, dict) else given
        merged[key if ":" in key else f"{name}:{key}"] = value
    own = folder / f"Pulumi.{stack}.yaml"
    if own.exists():
        merged |= (yaml.safe_load(own.read_text()) or {}).get("config") or {}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in merged.items()}


def _plain(value: Any) -> Any:
    """A property as data: a secret is hidden, a resource is its URN, a whole number has no fraction."""
    from pulumi.runtime import rpc

    if rpc.is_rpc_secret(value):
        return _SECRET
    if isinstance(value, Mapping):
        if rpc._special_sig_key in value:
            return value.get("urn", str(value))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    # The wire knows one kind of number only.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _options(request: Any) -> dict[str, Any]:
    """The options of a registration that are set, by their wire names."""
    given = {
        "parent": request.parent,
        "provider": request.provider,
        "dependsOn": sorted(request.dependencies),
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "deletedWith": request.deletedWith,
        "deleteBeforeReplace": request.deleteBeforeReplace,
        "replaceOnChanges": sorted(request.replaceOnChanges),
        "ignoreChanges": sorted(request.ignoreChanges),
        # The names of what the engine calls around a change, by when it does.
        "hooks": {
            when.camelcase_name: list(names)
            for when in request.hooks.DESCRIPTOR.fields
            if (names := getattr(request.hooks, when.name))
        },
        # Which resources each property is made from.
        "propertyDependencies": {
            name: sorted(found.urns) for name, found in request.propertyDependencies.items() if found.urns
        },
    }
    return {key: value for key, value in given.items() if value}


class _NoCallbacks:
    """Stands for the server through which an engine calls a program's hooks back: here none calls.

    Pulumi's own is gRPC's asyncio server. That keeps one poller a process, and a process with an event loop
    after another, as ours is, now and then dies of it with a segmentation fault.
    """

    def register_resource_hook(self, hook: Any) -> None: ...


def _record(stack: str, config: Mapping[str, str], program: Callable[[], None]) -> list[Resource]:
    """Run the program and collect its registrations. The calling thread and context are used up by it."""
    from pulumi.runtime import mocks, rpc, settings
    from pulumi.runtime.config import set_all_config
    from pulumi.runtime.stack import run_pulumi_func

    found: list[Resource] = []

    class Answers(mocks.Mocks):
        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict]:
            if not args.custom:
                return "", {}
            made = answer(args.typ, args.name, args.inputs)
            return made.id, made.outputs

        def call(self, args: mocks.MockCallArgs) -> dict:
            if args.token.endswith(":getClientConfig"):
                return {"subscriptionId": SUBSCRIPTION, "tenantId": TENANT}
            raise HighwaterError(
                f"{args.token} can't be asked offline", "", "Take the value from a resource."
            )

    class Recorder(mocks.MockMonitor):
        def RegisterResource(self, request: Any) -> Any:
            response = super().RegisterResource(request)
            if request.type != _STACK_TYPE:
                inputs = rpc.deserialize_properties(request.object)
                found.append(
                    {
                        "urn": response.urn,
                        "type": request.type,
                        "inputs": {key: _plain(value) for key, value in inputs.items() if key != _BLOB},
                        "options": _options(request),
                    }
                )
            return response

    async def run() -> None:
        set_all_config(dict(config), [])
        recorder = Recorder(Answers())
        mocks.set_mocks(Answers(), project=project_name(), stack=stack, preview=False, monitor=recorder)
        settings.SETTINGS.callbacks = _NoCallbacks()
        await run_pulumi_func(program)

    asyncio.run(run())
    return sorted(found, key=lambda resource: resource["urn"])


def resources(stack: str, config: Mapping[str, str] | None = None) -> list[Resource]:
    """Every resource that the program declares for a stack, by URN.

    Each is {urn, type, inputs, options}; inputs by Pulumi's wire names; options are those of parent,
    provider, dependsOn, propertyDependencies, protect, retainOnDelete, deletedWith,
    deleteBeforeReplace, replaceOnChanges, ignoreChanges and hooks (their names) that are set.

    Args:
        stack: local, dev, staging, prod or pr-N.
        config: the stack's config; from its file when not given.

    Raises:
        HighwaterError: the settings or a contract are refused, or the program failed.
    """
    from contracts import ContractError
    from infra.__main__ import program
    from infra.errors import InfraError

    outcome: dict[str, Any] = {}
    given = stack_config(stack) if config is None else config

    def work() -> None:
        try:
            outcome["found"] = _record(stack, given, program)
        except BaseException as error:
            outcome["error"] = error

    # Pulumi keeps its runtime in context variables and in the thread's event loop: both are left behind here.
    thread = threading.Thread(target=contextvars.Context().run, args=(work,), name=f"declare-{stack}")
    thread.start()
    thread.join()
    error = outcome.get("error")
    if error is None:
        return outcome["found"]
    if isinstance(error, InfraError):
        raise HighwaterError(error.what, error.why, error.next_step) from error
    if isinstance(error, ContractError):
        raise HighwaterError("A contract is refused.", str(error), "Correct it under contracts/.") from error
    raise error


def write(found: list[Resource], out: Path | TextIO) -> None:
    """Write resources, one JSON object a line."""
    lines = [json.dumps(resource, sort_keys=True) + "\n" for resource in found]
    if isinstance(out, Path):
        out.write_text("".join(lines))
    else:
        out.writelines(lines)


def declare(stack: str, out: Path | TextIO) -> int:
    """Write what a stack declares, and return how many resources that are.

    Raises:
        HighwaterError: see `resources`; nothing is written then.
    """
    found = resources(stack)
    write(found, out)
    return len(found)
