"""Gold and restricted tables shown in Unity Catalog: external tables on the very paths that the job works on.

For people alone. The job reads and writes by path, with or without a catalog, so a table that could not be
registered is told and loses no row. What is served must not be a managed table: those may be committed through
the catalog, which a reader by path does not ask.
"""

from collections.abc import Iterable

from pyspark.sql import SparkSession

from highwater_transforms.contract import Contract
from highwater_transforms.delta import literal_text
from highwater_transforms.lake import Lake
from highwater_transforms.system import quoted


def shown(contract: Contract) -> list[tuple[str, str]]:
    """(container, table) of what a contract's readers may look at; a container is a schema of its name."""
    found = [("gold", name) for name in contract.gold.tables]
    return [*found, ("restricted", contract.gold.table)] if contract.sensitive else found


def register(spark: SparkSession, lake: Lake, catalog: str, contracts: Iterable[Contract]) -> list[str]:
    """Register what is not registered yet, and tell the names of what was.

    A run that finds all of it there asks for the tables of two schemas and does nothing more.
    """
    wanted = sorted({table for contract in contracts for table in shown(contract)})
    known: dict[str, set[str]] = {}
    made = []
    for schema, table in wanted:
        where = f"{quoted(catalog)}.{quoted(schema)}"
        if schema not in known:
            known[schema] = {row["tableName"] for row in spark.sql(f"SHOW TABLES IN {where}").collect()}
        if table.lower() not in known[schema]:
            location = literal_text(lake.uri(schema, table), "string")
            spark.sql(f"CREATE TABLE IF NOT EXISTS {where}.{quoted(table)} USING DELTA LOCATION {location}")
            made.append(f"{schema}.{table}")
    return made
