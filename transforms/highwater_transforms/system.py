"""The columns that Highwater adds to a table's own. A contract's names start with a letter, so none collides."""

WINDOW, ATTEMPT, BATCH, LOADED, REMOVED = "_window_id", "_attempt", "_batch_id", "_loaded_at", "_removed"
# What the source holds where a column landed as null because its value has no place here: JSON of column to text.
POISON = "_poison"
# The month by which the files of a served table are kept apart: yyyy-MM.
MONTH = "_month"
VALID_FROM, VALID_TO, IS_CURRENT = "valid_from", "valid_to", "is_current"

TAGS = ((WINDOW, "bigint"), (ATTEMPT, "int"), (BATCH, "bigint"), (LOADED, "timestamp"))
SILVER = (*TAGS, (REMOVED, "boolean"))
VALIDITY = ((VALID_FROM, "timestamp"), (VALID_TO, "timestamp"), (IS_CURRENT, "boolean"))

Columns = tuple[tuple[str, str], ...]


def quoted(name: str) -> str:
    """The name as a Spark SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def ddl(columns: Columns) -> str:
    """`name type` pairs as Spark's schema text."""
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
