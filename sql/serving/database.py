"""The serving database: its schemas, its credentials and where its external data is."""

from sql.serving.texts import SEPARATOR, fill, literal

DATABASE = "highwater"
# Compares bytes, and holds UTF-8 in VARCHAR: what Delta's texts are, and what lets filters reach the files.
COLLATION = "Latin1_General_100_BIN2_UTF8"
# Schema -> container and data source. Who may read `gold` must not thereby read the restricted columns.
SOURCES = {"mart": "gold", "restricted": "restricted"}


def create_database(name: str = DATABASE) -> str:
    """The script that makes the database; it runs in `master`."""
    return fill("create_database", name=name, collation=COLLATION)


def credential(source: str) -> str:
    """The name of a data source's own credential, which its readers are granted."""
    return f"lake_{source}"


def database_script(lake: str) -> str:
    """Schemas and external data sources over the lake, to be run in the database.

    Args:
        lake: the lake's dfs endpoint, `https://ACCT.dfs.core.windows.net/`, or `file:///..` on the laptop.
            Azure is entered with the workspace's managed identity, files need no credential.

    Raises:
        ValueError: the endpoint is neither.
    """
    if not lake.startswith(("https://", "file:///")):
        raise ValueError(f"the lake's endpoint must be https:// or file:///, not {lake!r}")
    remote = lake.startswith("https://")
    parts = [fill("schema", name=schema) for schema in SOURCES]
    if remote:
        parts.append(fill("master_key"))
        parts += [fill("credential", name=credential(source)) for source in SOURCES.values()]
    for source in SOURCES.values():
        location = literal(f"{lake.rstrip('/')}/{source}")
        clause = f", CREDENTIAL = [{credential(source)}]" if remote else ""
        parts.append(fill("data_source", name=source, location=location, credential=clause))
    return SEPARATOR.join(parts)
