"""The price table: list prices, assumptions and what costs nothing, as a dated file."""

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.errors import HighwaterError

DEFAULT = Path(__file__).with_name("prices.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Part):
    """One list price: US dollars a unit, the meter's name, where it stands, and whether it was looked up.

    `seen` is when and where it was looked up, or what was found in its place.
    """

    usd: float = Field(ge=0)
    unit: str
    meter: str
    source: str
    checked: bool
    seen: str = ""


class Assumption(_Part):
    """A figure that no price list has, and why it is what it is."""

    value: float = Field(ge=0)
    why: str


class TableShape(_Part):
    """How many rows a table has and changes: so many a trip, or a number of its own; and bytes of a row."""

    per_trip: float = 0
    changes_again: bool = False
    rows: int = 0
    changed_per_day: float = 0
    bytes: float = Field(gt=0)


class PriceTable(_Part):
    """A whole price file."""

    region: str
    currency: str
    read: date
    prices: dict[str, Price]
    assumptions: dict[str, Assumption]
    tables: dict[str, TableShape]
    free: tuple[str, ...]

    def price(self, key: str) -> Price:
        """The price of a key. Raises HighwaterError where the table has none."""
        if key not in self.prices:
            raise HighwaterError(
                f"The price table has no price for {key}",
                f"It was read on {self.read} for {self.region}.",
                "Add it to a copy of local/cost/prices.yaml and name that with --prices.",
            )
        return self.prices[key]

    def assume(self, key: str) -> float:
        return self.assumptions[key].value

    def costs_nothing(self, token: str) -> bool:
        """Whether resources of this type have no bill of their own. A name may end in * for any rest."""
        return any(fnmatchcase(token, name) for name in self.free)

    def assuming(self, values: Mapping[str, float]) -> "PriceTable":
        """The same table with other assumptions. Raises HighwaterError for a name that it doesn't have."""
        unknown = sorted(set(values) - set(self.assumptions))
        if unknown:
            raise HighwaterError(
                f"There is no assumption {unknown[0]}", "", f"One of: {', '.join(sorted(self.assumptions))}."
            )
        changed = {
            key: self.assumptions[key].model_copy(update={"value": value, "why": "as told by --assume"})
            for key, value in values.items()
        }
        return self.model_copy(update={"assumptions": self.assumptions | changed})


def load(path: Path = DEFAULT) -> PriceTable:
    """Read a price file. Raises HighwaterError when it is not there or not well-formed."""
    try:
        return PriceTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HighwaterError(f"The price file {path} can't be read", str(error), "") from error
    except (ValidationError, yaml.YAMLError) as error:
        raise HighwaterError(f"The price file {path} is refused", str(error), "") from error
