"""DatabricksJob: a job run, waited for.

https://learn.microsoft.com/azure/data-factory/transform-data-databricks-job
"""

from local.adf.errors import ActivityError
from local.adf.expressions.values import to_text
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task
from local.errors import HighwaterError


@handles("DatabricksJob", policy=True, required=("jobId",))
def databricks_job(task: Task) -> dict:
    """Run the job; it fails when the run did not succeed, and its output names the run either way."""
    job_id = to_text(task.value("jobId"))
    parameters = {key: to_text(value) for key, value in (task.value("jobParameters", None) or {}).items()}
    runner = task.frame.run.settings.jobs
    if runner is None:
        raise ActivityError("No runner of Databricks jobs was given to this runtime.", kind="SystemError")
    try:
        ended = runner.run(
            job_id, parameters, task.progress, timeout=task.stop.remaining(), cancel=task.stop.event
        )
    except HighwaterError as error:  # the runner's own refusal, already in a user's words
        raise ActivityError(str(error), "3204") from None
    task.output = {"runId": ended.run_id, "runPageUrl": ended.run_page_url}
    if ended.state != "SUCCESS":
        raise ActivityError(
            f"The Databricks job {job_id} ended as {ended.state}, run {ended.run_id} ({ended.run_page_url}). "
            f"{ended.message}".rstrip(),
            "3204",
        )
    return task.output
