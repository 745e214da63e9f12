"""What every part of a contract is made of: names, types, and columns."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from contracts import types


def _identifier(value: str) -> str:
    """Names go into SQL, paths and Delta: a small alphabet shuts out injection at the door."""
    if not (value.isascii() and value.replace("_", "a").isalnum() and value[0].isalpha() and value.islower()):
        raise ValueError("lower case letters, digits and underscore, starting with a letter")
    if len(value) > 63:
        raise ValueError("at most 63 characters (PostgreSQL's limit)")
    return value


def _type(value: str) -> str:
    types.parse(value)
    return value.strip().lower()


Identifier = Annotated[str, AfterValidator(_identifier)]
TypeName = Annotated[str, AfterValidator(_type)]


class Model(BaseModel):
    """A part of a contract: nothing unknown in it, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Model):
    """Something with a name and a type that is served."""

    name: Identifier
    type: TypeName
    nullable: bool = True
    description: str = ""

    @property
    def parsed(self) -> types.ColumnType:
        return types.parse(self.type)


class Column(Named):
    """One column of the source: its name, type, nullability, and how sensitive it is."""

    sensitive: bool = False


class Derived(Named):
    """A served column computed by a Spark SQL expression from the columns that stand before it."""

    expression: str

    def plan(self) -> dict:
        """As the job reads it: {name, type, nullable, expression}."""
        return {
            "name": self.name,
            "type": self.parsed.spark,
            "nullable": self.nullable,
            "expression": self.expression,
        }
