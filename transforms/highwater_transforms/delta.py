"""One Delta table by its path, through SQL and the DataFrame API: what works on Spark Connect without a metastore."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from highwater_transforms import faults, widening
from highwater_transforms.errors import TransformError
from highwater_transforms.system import WINDOW, Columns, ddl, quoted

# Synapse serverless reads Delta reader version 1: no deletion vectors, no column mapping, classic checkpoints.
SERVED = {
    "delta.enableDeletionVectors": "false",
    "delta.columnMapping.mode": "none",
    "delta.checkpointPolicy": "classic",
    "delta.minReaderVersion": "1",
    "delta.minWriterVersion": "2",
}
# Tables of which whole windows are replaced: nothing is updated in place.
PLAIN = {"delta.enableDeletionVectors": "false"}
# Which groups of an aggregate changed is read from the fact's change feed, a feature of writers only.
FEED = {"delta.enableChangeDataFeed": "true"}
STATISTICS = "delta.dataSkippingStatsColumns"
_ABSENT = ("PATH_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_MISSING_DELTA_TABLE", "DELTA_PATH_DOES_NOT_EXIST",
           "DELTA_SCHEMA_NOT_SET", "TABLE_OR_VIEW_NOT_FOUND")  # fmt: skip


@dataclass(frozen=True)
class Merged:
    """Rows of the target that a MERGE changed, as the command itself answers."""

    inserted: int
    updated: int
    deleted: int


def literal(value: object, kind: str) -> str:
    """A value as a Spark SQL literal of type `kind`, a timestamp being given in microseconds since 1970."""
    return f"timestamp_micros({value})" if kind == "timestamp" else literal_text(str(value), kind)


def literal_text(value: str, kind: str) -> str:
    """A value given as text, a timestamp as UTC wall time, as a Spark SQL literal of type `kind`."""
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'" if kind == "string" else f"cast('{text}' as {kind})"


def equal(columns: tuple[str, ...]) -> str:
    """SQL: the rows aliased s and t are of the same key. No column of a key is null."""
    return " and ".join(f"s.{quoted(c)} = t.{quoted(c)}" for c in columns)


def same(columns: list[str] | tuple[str, ...], source: str = "s", target: str = "t") -> str:
    """SQL: the rows aliased `source` and `target` are equal in these columns, null being equal to null."""
    return " and ".join(f"{source}.{quoted(c)} <=> {target}.{quoted(c)}" for c in columns) or "true"


# Every method that commits is marked so: what comes between two commits is where a run can die.
commits = faults.breakable(lambda table: "/".join(table.uri.rsplit("/", 2)[-2:]))


@dataclass(frozen=True)
class DeltaTable:
    """The Delta table at `uri`. Readers and writers only: what is written is decided elsewhere."""

    spark: SparkSession
    uri: str

    @property
    def name(self) -> str:
        """The table in SQL."""
        return f"delta.{quoted(self.uri)}"

    def frame(self) -> DataFrame:
        return self.spark.read.format("delta").load(self.uri)

    def _or_absent(self, act):
        try:
            return act()
        except AnalysisException as error:
            if (error.getCondition() or "").split(".")[0] in _ABSENT:
                return None
            raise

    def columns(self) -> dict[str, str] | None:
        """Name to Spark type of the stored columns; None when there is no table."""
        schema = self._or_absent(lambda: self.frame().schema)
        return None if schema is None else {f.name: f.dataType.simpleString() for f in schema.fields}

    def properties(self) -> dict[str, str] | None:
        """The table's properties; None when there is no table."""
        rows = self._or_absent(lambda: self.spark.sql(f"SHOW TBLPROPERTIES {self.name}").collect())
        return None if rows is None else {row["key"]: row["value"] for row in rows}

    def adapt(self, columns: Columns) -> bool:
        """Add the columns that the contract gained and widen others. Whether the table is there at all.

        Raises:
            TransformError: a stored column is of a type whose values have not all a place in the wanted one.
        """
        stored = self.columns()
        if stored is None:
            return False
        changed = {n: k for n, k in columns if n in stored and stored[n] != k}
        refused = [
            f"{n}: {stored[n]} stored, {k} wanted"
            for n, k in changed.items()
            if not widening.allowed(stored[n], k)
        ]
        if refused:
            raise TransformError(
                f"{self.uri} has columns of another type",
                "; ".join(refused),
                "Name the column anew, or empty the table and reload it",
            )
        if changed:
            self.widen(changed)
        added = tuple((n, k) for n, k in columns if n not in stored)
        if added:
            self.add(added)
        return True

    def ensure(self, columns: Columns, properties: dict[str, str]) -> None:
        """Have the table, with these columns: `adapt` it, or create it, empty."""
        if not self.adapt(columns):
            self.create(columns, properties)

    @commits
    def begin(self, rows: DataFrame, properties: dict[str, str]) -> None:
        """Make the table of these rows, in one commit. It fails when another made it meanwhile."""
        rows.write.format("delta").mode("error").options(**properties).save(self.uri)

    @commits
    def create(self, columns: Columns, properties: dict[str, str]) -> None:
        """Create the table, empty, unless another has done so meanwhile."""
        given = ", ".join(f"'{k}'='{v}'" for k, v in properties.items())
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.name} ({ddl(columns)}) USING DELTA TBLPROPERTIES ({given})"
        )

    @commits
    def add(self, columns: Columns) -> None:
        self.spark.sql(f"ALTER TABLE {self.name} ADD COLUMNS ({ddl(columns)})")

    @commits
    def widen(self, types: dict[str, str]) -> None:
        """Write the table anew with these columns in wider types, in one commit: Delta's own type widening would ask
        for reader version 3."""
        held = self.frame()
        rows = held.withColumns({name: held[name].cast(kind) for name, kind in types.items()})
        rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(self.uri)

    @commits
    def append(self, rows: DataFrame) -> None:
        rows.write.format("delta").mode("append").save(self.uri)

    def replace_windows(self, rows: DataFrame, window_ids: tuple[int, ...], *, checked: bool = False) -> None:
        """Write `rows`, all of these windows, in the place of what the table holds of them, in one commit.

        Args:
            checked: fail when another writer adds rows meanwhile, as a job that outlived its run may, of these very
                windows. A plain append, which is quicker, sees no other; what is merged by a key needs no such care.
        """
        held = f"{WINDOW} in ({', '.join(map(str, window_ids))})"
        if not checked and self.frame().where(held).isEmpty():
            self.append(rows)
        else:
            self.replace(rows, held)

    @commits
    def replace(self, rows: DataFrame, where: str) -> None:
        """Write `rows` in the place of those that satisfy `where`, which they must too, in one commit."""
        rows.write.format("delta").mode("overwrite").option("replaceWhere", where).save(self.uri)

    @commits
    def delete(self, where: str) -> None:
        self.spark.sql(f"DELETE FROM {self.name} WHERE {where}").collect()

    @commits
    def overwrite(self, rows: DataFrame, properties: dict[str, str], apart_by: tuple[str, ...] = ()) -> None:
        """Replace content and columns in one commit; `properties` count when the table is new. Rows that differ in
        `apart_by` are in other files."""
        if STATISTICS in properties:
            self._forget_columns_but(rows.columns)
        writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        writer.options(**properties).partitionBy(*apart_by).save(self.uri)

    def _forget_columns_but(self, names: list[str]) -> None:
        """Keep no statistics of a column that is about to go: Delta refuses the name of one that is not there."""
        held = (self.properties() or {}).get(STATISTICS, "").split(",")
        if not set(held) <= {"", *names}:
            self.set_properties({STATISTICS: ",".join(n for n in held if n in names)})

    @commits
    def merge(self, rows: DataFrame, on: str, *clauses: str) -> Merged:
        """MERGE `rows` (aliased s) into the table (aliased t)."""
        # The text goes through Python's formatting, which puts the frame in: every other brace is just a brace.
        target, how = (
            part.replace("{", "{{").replace("}", "}}") for part in (self.name, " ".join((on, *clauses)))
        )
        merge = f"MERGE INTO {target} AS t USING {{rows}} AS s ON {how}"
        done = self.spark.sql(merge, rows=rows).collect()[0]
        return Merged(done["num_inserted_rows"], done["num_updated_rows"], done["num_deleted_rows"])

    @commits
    def set_properties(self, given: Mapping[str, str]) -> None:
        pairs = ", ".join(
            f"{literal_text(k, 'string')}={literal_text(v, 'string')}" for k, v in given.items()
        )
        self.spark.sql(f"ALTER TABLE {self.name} SET TBLPROPERTIES ({pairs})")

    def version(self) -> int:
        """The version of the last commit."""
        newest = self.spark.sql(f"DESCRIBE HISTORY {self.name} LIMIT 1").select("version")
        return newest.collect()[0]["version"]

    def changes_since(self, version: int) -> DataFrame:
        """The change feed after `version`: the table's columns, _change_type, _commit_version, _commit_timestamp."""
        feed = self.spark.read.format("delta").option("readChangeFeed", "true")
        return feed.option("startingVersion", version + 1).load(self.uri)

    def refuse_newer_reader(self) -> None:
        """Raises TransformError unless every reader of Delta reader version 1 can read the table."""
        stored = self.properties() or {}
        reader = stored.get("delta.minReaderVersion")
        if reader != "1":
            features = sorted(
                k.removeprefix("delta.feature.") for k in stored if k.startswith("delta.feature.")
            )
            raise TransformError(
                f"{self.uri} asks for Delta reader version {reader}",
                f"it has {', '.join(features)}; Synapse serverless reads version 1",
                "Turn the workspace's default off, empty the table and reload it",
            )


def update(columns: list[str] | tuple[str, ...]) -> str:
    """UPDATE SET of these columns from the source."""
    return "UPDATE SET " + ", ".join(f"t.{quoted(c)} = s.{quoted(c)}" for c in columns)


def insert(columns: list[str] | tuple[str, ...]) -> str:
    """INSERT of these columns from the source."""
    names = ", ".join(quoted(c) for c in columns)
    return f"INSERT ({names}) VALUES ({', '.join('s.' + quoted(c) for c in columns)})"
