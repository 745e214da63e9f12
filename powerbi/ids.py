"""Names and ids that stay the same as long as what they name is called the same."""

import uuid

_NAMESPACE = uuid.UUID("5f0c2f5e-6b57-5d0c-9a3e-2d4b7a1c8e90")
_UPPER = {"id": "ID", "mta": "MTA", "iso": "ISO"}
_ROLES = ("fact_", "dim_", "agg_", "kpi_")


def guid(*path: str) -> str:
    """The id of something by its path, such as ("table", "Zone", "column", "Borough")."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(path)))


def short(*path: str) -> str:
    """An id as PBIR names pages, visuals and filters: 20 hex digits."""
    return guid(*path).replace("-", "")[:20]


def caption(name: str) -> str:
    """What readers call a column: `pickup_zone_id` is `Pickup zone ID`."""
    words = [_UPPER.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def table_caption(view: str) -> str:
    """What readers call a table: `dim_zone` is `Zone`."""
    for role in _ROLES:
        view = view.removeprefix(role)
    return caption(view)
