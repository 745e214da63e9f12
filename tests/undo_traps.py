"""Azure's twenty traps: undo the handling of each in a copy, and see that its test goes red.

`make traps`, or `python tests/undo_traps.py [number ...]`. Each handling is undone by replacing one piece of
text. A test that stays green would mean that nobody watches; one that is red before anything is undone proves
nothing, so all of them run on the untouched copy first.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parents[1]
COPIED = ("contracts", "infra", "local", "pipelines", "policy", "sql", "transforms", "tests")
FILES = ("pyproject.toml", "README.md", "Makefile")
_SUMMARY = re.compile(r"(\d+) (failed|passed|error)")
_UNIT, _INTEGRATION = "tests/unit", "tests/integration"


@dataclass(frozen=True)
class Trap:
    """A trap and the one text that keeps out of it.

    Attributes:
        number: as docs/azure.md counts them.
        title: the trap, in a few words.
        file: where it is handled.
        handled: the text there, found exactly once.
        undone: what takes its place.
        test: the test that must go red.
    """

    number: int
    title: str
    file: str
    handled: str
    undone: str
    test: str


TRAPS = (
    Trap(1, "late commits below the watermark", "sql/source/bounds_timestamp.sql",
         "least(l.latest, l.oldest, ", "least(l.latest, ",
         f"{_INTEGRATION}/sql/test_bounds_timestamp.py::test_an_open_transaction_holds_the_bound_below_what_it_may_commit"),
    Trap(2, "watermark before the Delta commit", "pipelines/merge.py",
         'after={"Merge": [COMPLETED]},', 'after={"Write plan": [SUCCEEDED]},',
         f"{_UNIT}/pipelines/test_definitions.py::test_the_receipts_are_read_whether_the_job_succeeded_or_failed"),
    Trap(3, "gold above Delta reader 1", "transforms/highwater_transforms/delta.py",
         'if reader != "1":', 'if reader == "1":',
         f"{_UNIT}/transforms/test_reader_version.py::test_a_newer_reader_is_refused_with_the_features_that_ask_for_it"),
    Trap(4, "gold as managed tables", "transforms/highwater_transforms/register.py",
         " USING DELTA LOCATION {location}", " USING DELTA",
         f"{_UNIT}/transforms/test_register.py::test_a_missing_table_is_registered_on_its_path_and_known_ones_are_left_alone"),
    Trap(5, "properties that the provider drops", "pipelines/linked_services.py",
         '            "authenticationType": "UserAssignedManagedIdentity",\n', "",
         f"{_UNIT}/infra/test_program.py::test_no_linked_service_has_a_key[dev]"),
    Trap(6, "a repeated copy beside an old one", "sql/control/52_open.sql",
         " || '/' || c.attempt, p_table", ", p_table",
         f"{_INTEGRATION}/sql/test_ledger_claims.py::test_an_expired_claim_is_taken_under_the_next_attempt_and_the_zombie_fails"),
    Trap(7, "triggers left stopped", "infra/trigger_hooks.py",
         "after_create=[after], ", "",
         f"{_UNIT}/infra/test_trigger_declared.py::test_a_new_trigger_is_started_and_nothing_hooks_a_delete"),
    Trap(8, "deletes that nobody sees", "contracts/trip.yaml",
         "deletes: {kind: keys, column: is_deleted}", "deletes: {kind: none}",
         f"{_UNIT}/contracts/test_deletes_seen.py::test_every_table_whose_rows_may_go_says_how_that_is_seen"),
    Trap(9, "a Lookup cut off", "sql/control/10_schema.sql",
         "('windows_per_table', 300,", "('windows_per_table', 50000,",
         f"{_UNIT}/sql/test_lookup_limits.py::test_the_windows_that_one_run_opens_fit_one_lookup"),
    Trap(10, "private endpoints left pending", "infra/approvals.py",
         "if _state(connection) != APPROVED:", "if _state(connection) == MISSING:",
         f"{_UNIT}/infra/test_network_approvals.py::test_what_stays_missing_or_pending_fails_by_name"),
    Trap(11, "shared keys", "infra/lake.py",
         "allow_shared_key_access=False", "allow_shared_key_access=True",
         f"{_UNIT}/infra/test_program.py::test_the_lake_opens_to_no_key[dev]"),
    Trap(12, "the wrong id, or too many rights, in Databricks", "infra/merge_job.py",
         '"applicationId": factory.client', '"applicationId": factory.principal',
         f"{_UNIT}/check/test_graph_check.py::test_what_is_declared_fits_together[dev]"),
    Trap(13, "positional parameters of the wheel", "infra/merge_job.py",
         '"namedParameters": dict(named),', '"parameters": list(named),',
         f"{_UNIT}/check/test_graph_check.py::test_what_is_declared_fits_together[dev]"),
    Trap(14, "code that serverless refuses", "transforms/highwater_transforms/batch.py",
         "self.contract.primary_key).distinct()", "self.contract.primary_key).distinct().cache()",
         f"{_UNIT}/transforms/test_source_scan.py::test_nothing_that_serverless_refuses[batch]"),
    Trap(15, "types left to the copy's own mapping", "contracts/types.py",
         'return f"{column}::{self.landed}"', "return column",
         f"{_UNIT}/sql/test_sql_queries.py::test_the_extract_names_and_casts_every_column"),
    Trap(16, "runs that overlap", "pipelines/ingest.py",
         '        "concurrency": 1,\n', "",
         f"{_UNIT}/pipelines/test_definitions.py::test_the_pipelines_are_these_and_the_entry_points_run_one_at_a_time"),
    Trap(17, "reports without a limit", "sql/serving/data_limit.sql",
         "@limit_tb = {terabytes}", "@limit_tb = 1000",
         f"{_UNIT}/serving/test_data_limit.py::test_the_statement_sets_the_day_s_limit"),
    Trap(18, "names that outlive their stack", "infra/unity_catalog.py",
         '"name": place.names.of("unity_catalog"),', '"name": "highwater",',
         f"{_UNIT}/infra/test_unity_catalog.py::test_names_in_the_shared_metastore_are_the_stack_s_own"),
    Trap(19, "PostgreSQL without TLS, or as its administrator", "infra/sections.py",
         "ssl_mode: Literal[0, 3, 5] = 5", "ssl_mode: Literal[0, 2, 3, 5] = 2",
         f"{_UNIT}/policy/test_policy_rules.py::test_what_is_declared_keeps_to_it[ssl-mode-dev]"),
    Trap(20, "views without types and collation", "contracts/types.py",
         'collate = "COLLATE Latin1_General_100_BIN2_UTF8"', 'collate = ""',
         f"{_UNIT}/serving/test_serving_scripts.py::test_no_view_selects_a_star_or_leaves_a_text_without_its_collation"),
)  # fmt: skip


def copied(to: Path) -> Path:
    """The parts of the project that the tests need."""
    for name in COPIED:
        shutil.copytree(PROJECT / name, to / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for path in [*(PROJECT / name for name in FILES), *PROJECT.glob("Pulumi*.yaml")]:
        shutil.copy(path, to)
    return to


def run(copy: Path, *tests: str) -> tuple[dict[str, int], str]:
    """Run tests of a copy, by its own sources: how many passed, failed or did not start; and what was said."""
    path = os.pathsep.join(str(folder) for folder in (copy, copy / "transforms"))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([path, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HIGHWATER_CACHE": str(copy / ".cache"),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    return {word: int(number) for number, word in _SUMMARY.findall(last)}, done.stdout + done.stderr


def undo(copy: Path, trap: Trap) -> str:
    """Undo one handling, run its test, and put the handling back: `red`, or why it is not."""
    path = copy / trap.file
    text = path.read_text()
    if text.count(trap.handled) != 1:
        return f"the text is there {text.count(trap.handled)} times"
    path.write_text(text.replace(trap.handled, trap.undone))
    try:
        counts, _ = run(copy, trap.test)
    finally:
        path.write_text(text)
    if counts.get("error") or not counts:
        return "the test did not start"
    return "red" if counts.get("failed") else "still green"


def main(wanted: set[int]) -> int:
    console = Console(width=None if sys.stdout.isatty() else 180)
    traps = [trap for trap in TRAPS if not wanted or trap.number in wanted]
    table = Table("trap", "", "handled in", "test", "undone")
    with tempfile.TemporaryDirectory(prefix="traps-") as folder:
        copy = copied(Path(folder))
        with console.status("the tests as they are"):
            counts, said = run(copy, *(trap.test for trap in traps))
        if set(counts) != {"passed"}:
            console.print(said, markup=False, highlight=False)
            return 1
        results = []
        for trap in traps:
            with console.status(f"{trap.number}. {trap.title}"):
                results.append(undo(copy, trap))
            shown = f"[{'green' if results[-1] == 'red' else 'red'}]{results[-1]}"
            table.add_row(str(trap.number), trap.title, trap.file, trap.test.rpartition("::")[2], shown)
    console.print(table)
    return int(set(results) != {"red"})


if __name__ == "__main__":
    sys.exit(main({int(given) for given in sys.argv[1:]}))
