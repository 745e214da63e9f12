"""Who may read the serving database: a role a schema, and the Entra principals that are in it.

A role may read the views of its schema and refer to the credential that they read the lake with. Readers of
`mart` thereby cannot read the restricted columns. Views over files need one right more, to read in bulk,
which reaches no file without such a credential.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sql.serving.database import SOURCES, credential
from sql.serving.texts import SEPARATOR, fill


@dataclass(frozen=True)
class Reader:
    """A principal by its name in Entra, and the schemas that it may read."""

    name: str
    schemas: tuple[str, ...]


def role(schema: str) -> str:
    """The role of a schema's readers."""
    return f"{schema}_reader"


def readers(by_schema: Mapping[str, Iterable[str]]) -> list[Reader]:
    """Every principal once, by name, with its schemas in the order of `SOURCES`.

    Raises:
        KeyError: there is no such schema.
    """
    names: dict[str, set[str]] = {}
    for schema, given in by_schema.items():
        _ = SOURCES[schema]
        for name in given:
            names.setdefault(name, set()).add(schema)
    return [Reader(n, tuple(s for s in SOURCES if s in names[n])) for n in sorted(names)]


def data_limit(terabytes: int) -> str:
    """The script, for `master`, that ends a day's queries at so much processed data."""
    return fill("data_limit", terabytes=str(int(terabytes)))


def roles_script() -> str:
    """The script that makes a role of readers for each schema."""
    return SEPARATOR.join(
        fill("role", role=role(schema), schema=schema, credential=credential(source))
        for schema, source in SOURCES.items()
    )


def login(reader: Reader) -> str:
    """The script, for `master`, that lets a principal log in. What takes it back is `drop_login`."""
    return fill("login", name=_safe(reader.name))


def drop_login(reader: Reader) -> str:
    return fill("drop_login", name=_safe(reader.name))


def membership(reader: Reader) -> str:
    """The script that makes a principal a user of the database, in its roles and in no other of them."""
    name = _safe(reader.name)
    parts = [fill("user", name=name)]
    for schema in SOURCES:
        template = "member" if schema in reader.schemas else "no_member"
        parts.append(fill(template, role=role(schema), name=name))
    return SEPARATOR.join(parts)


def drop_user(reader: Reader) -> str:
    return fill("drop_user", name=_safe(reader.name))


def _safe(name: str) -> str:
    """A name that stands both in quotes and in brackets as it is.

    Raises:
        ValueError: it does not; nobody in Entra needs such a name.
    """
    if not name or set(name) & set("[]'\"\0\n\r"):
        raise ValueError(f"the name of a reader holds none of [ ] ' \" and no line end, found {name!r}")
    return name
