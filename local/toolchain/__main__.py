"""`python -m local.toolchain`: ensures every tool that the laptop needs, and shows what is used."""

import sys
from collections.abc import Callable

from local.errors import HighwaterError
from local.toolchain import jars, java, pulumi_cli
from local.toolchain.steps import Report, Steps, in_words
from local.toolchain.tool import Tool

TOOLS: dict[str, Callable[[Report], Tool]] = {
    "java": java.ensure_tool,
    "pulumi": pulumi_cli.ensure_tool,
    "delta jars": jars.ensure_tool,
}


def main() -> int:
    """Exit status 0 when every tool is there, 1 with what to do otherwise."""
    steps = Steps()
    rows = []
    for name, ensure in TOOLS.items():
        try:
            with steps.step(name, announce=False) as step:
                tool = ensure(step.report)
                step.result = f"{tool.version}, {tool.origin}"
        except HighwaterError as error:
            for line in str(error).splitlines():
                print(f"setup: {name}: {line}", file=sys.stderr)
            return 1
        rows.append((tool.name, tool.version, f"{tool.path} ({tool.origin})", in_words(step.seconds)))
    print(table([("tool", "version", "where", "time"), *rows]))
    return 0


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows of text under each other in columns; the first row is the heading. Needs no library."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(f"  {line}" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
