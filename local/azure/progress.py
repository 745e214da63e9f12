"""The engine's work on a terminal: a line for each resource that changes, and a sum."""

from rich.console import Console
from rich.markup import escape

from local.azure.steps import FAILED, START, Step, Summary

_MARKS = {
    "create": "[green]+[/]",
    "update": "[yellow]~[/]",
    "replace": "[magenta]±[/]",
    "delete": "[red]-[/]",
}


class RichProgress:
    """Prints one line for each resource that changed; what stays the same is only counted.

    Give it as `on_step` to an operation of the engine, and its summary to `summary`.
    """

    def __init__(self, console: Console | None = None, planning: bool = False):
        """`planning`: the operation is a preview, so nothing was done and nothing took time."""
        self.console = console or Console()
        self.planning = planning

    def __call__(self, step: Step) -> None:
        if step.op == "wait":
            self._print(f"  [dim]waiting for {escape(step.name)} to end[/]")
        if step.status == START or step.op not in _MARKS:
            return
        kind = step.type.rpartition(":")[2]
        seconds = "" if self.planning else f" [dim]{step.seconds:.1f} s[/]"
        failed = " [bold red]failed[/]" if step.status == FAILED else ""
        self._print(f"  {_MARKS[step.op]} {step.op:<8} {kind:<26} {escape(step.name)}{seconds}{failed}")
        for path, what in sorted(step.changes.items()):
            self._print(f"      [dim]{what:<14} {escape(path)}[/]")

    def summary(self, summary: Summary) -> None:
        """The final line, and what went wrong without stopping the operation."""
        verbs = ("create", "update", "replace", "delete")
        counts = (summary.created, summary.updated, summary.replaced, summary.deleted)
        parts = [f"{n} {self._said(verb)}" for n, verb in zip(counts, verbs, strict=True) if n]
        parts.append(f"{summary.unchanged} unchanged")
        self._print(f"  [bold]{', '.join(parts)}[/] in {summary.seconds:.1f} s")
        for problem in summary.problems:
            self._print(f"  [yellow]{escape(problem)}[/]")

    def _said(self, verb: str) -> str:
        return f"to {verb}" if self.planning else f"{verb.rstrip('e')}ed"

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False)
