"""What every section of a stack's settings is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Guid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


class Section(BaseModel):
    """A part of the settings: an unknown key is refused, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
