"""The wheel's own job in the process of the test: what the declared Databricks job runs."""

import os
from dataclasses import dataclass
from pathlib import Path

from highwater_transforms import job, reconcile
from highwater_transforms.lake import Lake
from pyspark.sql import SparkSession

from local.adf import JobResult


@dataclass
class Job:
    """The wheel's own job, merging or comparing keys. Without a session it makes one when it is needed, as in a
    process of its own."""

    spark: SparkSession | None
    lake: Path

    def run(self, job_id, parameters, on_line, *, timeout, cancel) -> JobResult:
        spark = self.spark or SparkSession.builder.remote(os.environ["SPARK_REMOTE"]).create()
        work = {"merge": job.run, "reconcile": reconcile.run}[parameters.get("work", "merge")]
        done = work(spark, Lake(f"file://{self.lake}/"), parameters["run_id"], parameters["plan_path"])
        failed = [f"{r.table_name}: {r.error}" for r in done if r.status != "merged"]
        return JobResult("1", "", "FAILED" if failed else "SUCCESS", "; ".join(failed))
