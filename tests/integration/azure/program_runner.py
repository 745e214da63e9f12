"""Runs the program as a file, as `pulumi up` does, where the package `local` is not: `program_runner.py STACK`.

The working folder is a copy of the project without `local`. The engine's Python host is not needed: the program
is started by the Automation API, with its file's folder first on the path and `__main__` as its name.
"""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

from pulumi import automation

APP = Path.cwd()


def program() -> None:
    runpy.run_path(str(APP / "infra"), run_name="__main__")
    loaded = [name for name in sys.modules if name == "local" or name.startswith("local.")]
    assert loaded == [], f"the program loads {loaded}"


def main() -> None:
    here = str(Path(__file__).resolve().parent)
    project = Path(__file__).resolve().parents[3]
    # An editable installation puts the checkout on the path, and `local` with it.
    sys.path = [str(APP / "infra"), str(APP)] + [
        path for path in sys.path if path not in (here, str(project), str(project / "transforms" / "src"), "")
    ]
    assert find_spec("local") is None, find_spec("local")
    assert Path(find_spec("infra").origin).is_relative_to(APP), find_spec("infra")
    # The engine reads the stack's own settings file here, as it does for `pulumi up`.
    workspace = automation.LocalWorkspace(work_dir=str(APP), program=program, secrets_provider="passphrase")
    stack = automation.Stack.create_or_select(sys.argv[1], workspace)
    result = stack.up(on_output=print, color="never")
    assert result.summary.result == "succeeded"


if __name__ == "__main__":
    main()
