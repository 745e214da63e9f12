"""Runs the program as a file, as `pulumi up` does, where the package `local` is not: `program_runner.py STACK`.

With `--policy-pack FOLDER` it is `pulumi preview --policy-pack FOLDER` instead, and `--with-shared-keys` lets storage
accounts take their keys.

The working folder is a copy of the project without `local`. The engine's Python host is not needed: the program
is started by the Automation API, with its file's folder first on the path and `__main__` as its name.
"""

import argparse
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pulumi
from pulumi import automation

APP = Path.cwd()


def program() -> None:
    runpy.run_path(str(APP / "infra"), run_name="__main__")
    loaded = [name for name in sys.modules if name == "local" or name.startswith("local.")]
    assert loaded == [], f"the program loads {loaded}"


def with_shared_keys(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != "azure-native:storage:StorageAccount":
        return None
    return pulumi.ResourceTransformationResult({**args.props, "allow_shared_key_access": True}, args.opts)


def broken_program() -> None:
    pulumi.runtime.register_stack_transformation(with_shared_keys)
    program()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("stack")
    asked.add_argument("--policy-pack")
    asked.add_argument("--with-shared-keys", action="store_true")
    wanted = asked.parse_args()
    here = str(Path(__file__).resolve().parent)
    project = Path(__file__).resolve().parents[3]
    # An editable installation puts the checkout on the path, and `local` with it.
    sys.path = [str(APP / "infra"), str(APP)] + [
        path for path in sys.path if path not in (here, str(project), str(project / "transforms" / "src"), "")
    ]
    assert find_spec("local") is None, find_spec("local")
    assert Path(find_spec("infra").origin).is_relative_to(APP), find_spec("infra")
    # The engine reads the stack's own settings file here, as it does for `pulumi up`.
    of = broken_program if wanted.with_shared_keys else program
    workspace = automation.LocalWorkspace(work_dir=str(APP), program=of, secrets_provider="passphrase")
    stack = automation.Stack.create_or_select(wanted.stack, workspace)
    if wanted.policy_pack:
        stack.preview(policy_packs=[wanted.policy_pack], on_output=print, color="never")
        return
    result = stack.up(on_output=print, color="never")
    assert result.summary.result == "succeeded"


if __name__ == "__main__":
    main()
