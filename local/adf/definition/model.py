"""The parts of a factory, read once and never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.adf.definition import shapes

CONDITIONS = ("Succeeded", "Failed", "Skipped", "Completed")


@dataclass(frozen=True)
class Dependency:
    """On which activity one waits, and for which of its outcomes (any of them will do)."""

    activity: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Activity:
    """One activity.

    Attributes:
        properties: ARM's typeProperties, without the activities inside.
        groups: the activities inside, by what holds them: `activities`, `ifTrueActivities`,
            `ifFalseActivities`, `defaultActivities`, `case:VALUE`.
        mark_inactive: the outcome that it counts as when it is inactive, None when it is active.
    """

    name: str
    type: str
    dependencies: tuple[Dependency, ...]
    properties: Mapping
    policy: Mapping
    inputs: tuple[Mapping, ...]
    outputs: tuple[Mapping, ...]
    linked_service: Mapping | None
    groups: Mapping[str, tuple["Activity", ...]]
    mark_inactive: str | None

    @classmethod
    def read(cls, definition: Mapping) -> "Activity":
        shaped = shapes.activity(definition)
        inner = dict(shaped["typeProperties"])
        groups = {
            key: tuple(cls.read(one) for one in inner.pop(key) or ())
            for key in ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")
            if key in inner
        }
        for case in inner.get("cases") or ():
            groups[f"case:{case.get('value')}"] = tuple(cls.read(one) for one in case.get("activities") or ())
        inner.pop("cases", None)
        inactive = shaped.get("state") == "Inactive"
        return cls(
            name=str(shaped.get("name", "")),
            type=str(shaped.get("type", "")),
            dependencies=tuple(
                Dependency(one["activity"], tuple(one.get("dependencyConditions") or ("Succeeded",)))
                for one in shaped.get("dependsOn") or ()
            ),
            properties=inner,
            policy=shaped.get("policy") or {},
            inputs=tuple(shaped.get("inputs") or ()),
            outputs=tuple(shaped.get("outputs") or ()),
            linked_service=shaped.get("linkedServiceName"),
            groups=groups,
            mark_inactive=(shaped.get("onInactiveMarkAs") or "Succeeded") if inactive else None,
        )

    def walk(self) -> Iterator["Activity"]:
        """The activity and everything inside it."""
        yield self
        for group in self.groups.values():
            for inner in group:
                yield from inner.walk()


@dataclass(frozen=True)
class Pipeline:
    """One pipeline. `parameters` and `variables` are ARM's specifications: {type, defaultValue}."""

    name: str
    activities: tuple[Activity, ...]
    parameters: Mapping[str, Mapping]
    variables: Mapping[str, Mapping]
    concurrency: int | None

    @classmethod
    def read(cls, name: str, definition: Mapping) -> "Pipeline":
        inner = shapes.properties(definition)
        concurrency = inner.get("concurrency")
        return cls(
            name=name,
            activities=tuple(Activity.read(one) for one in inner.get("activities") or ()),
            parameters=inner.get("parameters") or {},
            variables=inner.get("variables") or {},
            concurrency=None if concurrency is None else int(concurrency),
        )

    def walk(self) -> Iterator[Activity]:
        """Every activity, however deep."""
        for activity in self.activities:
            yield from activity.walk()


@dataclass(frozen=True)
class Dataset:
    """One dataset; `linked_service` is its reference, `properties` its typeProperties."""

    name: str
    type: str
    linked_service: Mapping
    parameters: Mapping[str, Mapping]
    properties: Mapping

    @classmethod
    def read(cls, name: str, definition: Mapping) -> "Dataset":
        shaped = shapes.dataset(definition)
        return cls(
            name,
            str(shaped.get("type", "")),
            shaped.get("linkedServiceName") or {},
            shaped.get("parameters") or {},
            shaped["typeProperties"],
        )


@dataclass(frozen=True)
class LinkedService:
    """One linked service; `properties` its typeProperties."""

    name: str
    type: str
    parameters: Mapping[str, Mapping]
    properties: Mapping

    @classmethod
    def read(cls, name: str, definition: Mapping) -> "LinkedService":
        shaped = shapes.linked_service(definition)
        return cls(
            name, str(shaped.get("type", "")), shaped.get("parameters") or {}, shaped["typeProperties"]
        )


@dataclass
class Factory:
    """A data factory: its parts by name, each as ARM has it or as Pulumi sends it.

    Attributes:
        name: pipeline().DataFactory.
        global_parameters: pipeline().globalParameters, name -> value.
    """

    pipelines: Mapping[str, Mapping]
    datasets: Mapping[str, Mapping] = field(default_factory=dict)
    linked_services: Mapping[str, Mapping] = field(default_factory=dict)
    name: str = "factory"
    global_parameters: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pipelines = {name: Pipeline.read(name, one) for name, one in self.pipelines.items()}
        self._datasets = {name: Dataset.read(name, one) for name, one in self.datasets.items()}
        self._linked_services = {
            name: LinkedService.read(name, one) for name, one in self.linked_services.items()
        }

    def pipeline(self, name: str) -> Pipeline | None:
        return self._pipelines.get(name)

    def dataset(self, name: str) -> Dataset | None:
        return self._datasets.get(name)

    def linked_service(self, name: str) -> LinkedService | None:
        return self._linked_services.get(name)
