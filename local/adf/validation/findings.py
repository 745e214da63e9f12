"""What the checks found."""

from dataclasses import dataclass, field


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
