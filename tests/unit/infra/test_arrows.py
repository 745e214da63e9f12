"""Which package may know which: the program must run where the laptop's part is not installed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


def imported(package: str) -> set[str]:
    """The top-level packages that any file of a package imports, wherever in the file."""
    found = set()
    for path in (PROJECT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("package", "unknown"),
    [
        ("contracts", {"infra", "local", "pipelines", "pulumi", "sql"}),
        ("sql", {"infra", "local", "pipelines", "pulumi"}),
        ("pipelines", {"contracts", "infra", "local", "sql"}),
        ("infra", {"local"}),
        ("transforms", {"contracts", "infra", "local", "pipelines", "pulumi", "sql"}),
    ],
)
def test_arrows_point_one_way(package: str, unknown: set[str]):
    assert imported(package) & unknown == set()


def test_the_program_loads_nothing_of_the_laptop_also_from_its_own_folder():
    """`pulumi up` runs it with infra/ first on the path, where its modules must not hide anybody else's."""
    own = sorted(path.stem for path in (PROJECT / "infra").glob("[a-z]*.py"))
    code = (
        f"import sys; sys.path.insert(0, {str(PROJECT / 'infra')!r})\n"
        "import infra.__main__, hatchling.builders.wheel, psycopg\n"
        "print([m for m in sys.modules if m == 'local' or m.startswith('local.')])\n"
        f"print([m for m in {own!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout == "[]\n[]\n"
