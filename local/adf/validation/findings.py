"""What the checks found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Add = Callable[[str], None]


@dataclass
class Findings:
    """Errors refuse the run; warnings do not."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, pipeline: str, activity: str | None, what: str) -> None:
        self.errors.append(_line(pipeline, activity, what))

    def warn(self, pipeline: str, activity: str | None, what: str) -> None:
        self.warnings.append(_line(pipeline, activity, what))


def _line(pipeline: str, activity: str | None, what: str) -> str:
    place = f"pipeline '{pipeline}'" + (f", activity '{activity}'" if activity else "")
    return f"{place}: {what}"


def refuse(where: str, settings: object, names: Mapping[str, tuple], add: Add) -> None:
    """Refuse settings that are there with a value other than the harmless ones."""
    for name, harmless in names.items():
        value = settings.get(name) if isinstance(settings, Mapping) else None
        if value not in (None, *harmless):
            add(f"{where}{name} is not supported")
