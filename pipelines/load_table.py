"""The pipeline `load_table`: one table's new rows from the source to landing, window by window.

It decides nothing about a watermark. The control database says which question to ask the source, gets
the answer as it is, and says which windows to copy; a window counts once the ledger says `landed`.
"""

from typing import Any

from pipelines import datasets
from pipelines.activities import (
    COMPLETED,
    FAILED,
    SKIPPED,
    SUCCEEDED,
    copy,
    fail,
    for_each,
    lookup,
    parameters,
    script,
)
from pipelines.expr import (
    Expr,
    activity_error,
    activity_found,
    activity_output,
    first_of,
    item,
    pipeline_param,
    sql,
    sql_text,
    text,
)

NAME = "load_table"
WINDOWS_AT_ONCE = 4

_RUN, _TABLE, _KIND = (sql_text(pipeline_param(name)) for name in ("run_id", "table_name", "kind"))
_WINDOW, _ATTEMPT = text(item("window_id")), text(item("attempt"))


def _land_window(retries: int) -> list:
    """One window: copy it, then tell the ledger how it went. A failed copy fails the window."""
    return [
        copy(
            "Copy window",
            datasets.SOURCE_QUERY,
            item("query"),
            folder=item("path"),
            file=item("file"),
            retries=retries,
            description="Each attempt has a folder of its own, so a repeated copy overwrites nobody's file.",
        ),
        script(
            "Landed",
            sql(
                "select control.landed({window}, {attempt}, {run}, 1, {rows})",
                window=_WINDOW,
                attempt=_ATTEMPT,
                run=_RUN,
                rows=text(activity_output("Copy window", "rowsCopied")),
            ),
            after={"Copy window": [SUCCEEDED]},
        ),
        script(
            "Release window",
            sql(
                "select control.release({window}, {attempt}, {run}, {error})",
                window=_WINDOW,
                attempt=_ATTEMPT,
                run=_RUN,
                error=sql_text(first_of(activity_error("Copy window"), "the copy failed")),
            ),
            after={"Copy window": [FAILED]},
        ),
        fail(
            "Window failed",
            first_of(activity_error("Copy window"), "the copy failed"),
            "window_failed",
            after={"Release window": [COMPLETED]},
        ),
    ]


def _error() -> Expr:
    """The message of the first step that failed."""
    steps = ("Begin table", "Bounds", "Open windows", "Land windows")
    return first_of(*(activity_error(step) for step in steps), "the table's load failed")


def definition(retries: int) -> dict[str, Any]:
    """The pipeline's arguments.

    Args:
        retries: repetitions of a step that reads the source.
    """
    failed = {"Land windows": [FAILED, SKIPPED]}
    return {
        "description": "Lands what one table has that was not landed before.",
        "parameters": parameters(run_id=None, table_name=None, kind=None),
        "activities": [
            lookup(
                "Begin table",
                datasets.CONTROL_QUERY,
                sql(
                    "select bounds_query, columns_query from control.begin_table({run}, {table}, {kind})",
                    run=_RUN,
                    table=_TABLE,
                    kind=_KIND,
                ),
            ),
            lookup(
                "Bounds",
                datasets.SOURCE_QUERY,
                activity_output("Begin table", "firstRow", "bounds_query"),
                after={"Begin table": [SUCCEEDED]},
                retries=retries,
                description="What the source has, how far it is safe to read, and whether its columns changed.",
            ),
            lookup(
                "Source columns",
                datasets.SOURCE_QUERY,
                activity_output("Begin table", "firstRow", "columns_query"),
                after={"Bounds": [FAILED]},
                description="A column that is gone or of another type is why Bounds has no answer.",
            ),
            lookup(
                "Open windows",
                datasets.CONTROL_QUERY,
                sql(
                    "select window_id, attempt, path, file, query"
                    " from control.open_windows({run}, {table}, {kind}, {bounds}::jsonb)",
                    run=_RUN,
                    table=_TABLE,
                    kind=_KIND,
                    bounds=sql_text(text(activity_output("Bounds", "firstRow"))),
                ),
                after={"Bounds": [SUCCEEDED]},
                all_rows=True,
                description="Unfinished windows first, with the same bounds; then the new ones.",
            ),
            for_each(
                "Land windows",
                activity_output("Open windows", "value"),
                _land_window(retries),
                at_once=WINDOWS_AT_ONCE,
                after={"Open windows": [SUCCEEDED]},
            ),
            script(
                "Record failure",
                sql(
                    "select control.table_failed({run}, {table}, {error}, {columns})",
                    run=_RUN,
                    table=_TABLE,
                    error=sql_text(_error()),
                    columns=sql_text(first_of(activity_found("Source columns", "firstRow", "columns"), "")),
                ),
                after=failed | {"Source columns": [SUCCEEDED, FAILED, SKIPPED]},
                description="Any step that fails leaves the last one failed or skipped.",
            ),
            # Without this the recorded failure would count as handled, and the pipeline as succeeded.
            fail("Table failed", _error(), "table_failed", after={"Record failure": [COMPLETED]}),
        ],
    }
