"""The settings of Databricks: the workspace, the job, and what the job runs on."""

from typing import Literal

from pydantic import Field

from infra.section import Guid, Section


class JobCluster(Section):
    """The job's own cluster, where its compute is `job_cluster`: made for each run, gone after it.

    Its machines may outlive it: they wait for the next run for `idle_minutes`, paid for without Databricks'
    share. Longer than the schedule's step, they are warm while there is work; 0 makes new ones each time.
    """

    spark_version: str = Field("18.x-scala2.13", pattern=r"^\d+\.(\d+|x)(\.x)?-scala\d\.\d+$")
    node_type: str = "Standard_D4ds_v5"
    workers: int = Field(2, ge=1, le=100)
    idle_minutes: int = Field(0, ge=0, le=1440)


class Databricks(Section):
    """The workspace and its job."""

    environment_version: Literal["4", "5"] = "5"
    performance_target: Literal["PERFORMANCE_OPTIMIZED", "STANDARD"] = "PERFORMANCE_OPTIMIZED"
    # `auto` follows the network: serverless in a public stack, a job cluster of our own in a private one.
    compute: Literal["auto", "serverless", "job_cluster"] = "auto"
    # Serverless compute reaches private stores only through objects of the Databricks account.
    account_id: Guid | None = None
    cluster: JobCluster = JobCluster()
    # The application id of the service principal that the job runs as; None: whoever deploys it.
    run_as: Guid | None = None
    unity_catalog: bool = True
    # The job shows gold and restricted tables in the catalog. It needs none of it itself.
    register_tables: bool = True
    # Account groups that may look into the layers; `restricted_readers` into all of them.
    readers: tuple[str, ...] = ()
    restricted_readers: tuple[str, ...] = ()
