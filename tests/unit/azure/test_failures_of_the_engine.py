"""What a user reads when an operation failed."""

from local.azure.failures import cleaned, failure

URN = "urn:pulumi:local::highwater::azure-native:datafactory:Pipeline::ingest"
STACK = "urn:pulumi:local::highwater::pulumi:pulumi:Stack::highwater-local"

CHAINED = """Traceback (most recent call last):
  File "/p/infra/sql_script.py", line 21, in _run
    session.execute(script)
psycopg.errors.SyntaxError: syntax error

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/p/infra/sql_script.py", line 23, in _run
    raise RuntimeError(...) from error
RuntimeError: SQL script table: syntax error
LINE 1: create tabel
"""


def test_the_resource_and_the_reason_are_named_once() -> None:
    errors = [
        (URN, "no factory"),
        (URN, "no factory"),
        (STACK, "update failed"),
        ("", "resource monitor shut down"),
    ]
    error = failure("up", errors, "output")
    assert error.what == "`highwater up` failed at Pipeline ingest"
    assert error.why == f"{URN}\n  no factory"
    assert "highwater up" in error.next_step


def test_an_error_of_the_program_is_told_without_the_engines_echo() -> None:
    stack = 'python inline source runtime error: a\nTraceback (most recent call last):\n  File "x"\nE: a\nb'
    error = failure("preview", [(STACK, stack), (STACK, "an unhandled error occurred: a")], "output")
    assert error.what == "`highwater preview` failed at the program itself"
    assert error.why == 'E: a\nb\nFile "x"'


def test_without_a_diagnostic_the_end_of_the_output_is_told() -> None:
    error = failure("up", [], "\n".join(f"line {n}" for n in range(30)))
    assert error.why.splitlines()[0] == "line 18" and error.why.splitlines()[-1] == "line 29"


def test_of_chained_errors_the_last_is_told() -> None:
    assert cleaned(CHAINED) == "SQL script table: syntax error\nLINE 1: create tabel"


def test_an_error_for_users_is_told_as_it_was_meant() -> None:
    text = 'Traceback (most recent call last):\n  File "x", line 1\ninfra.errors.InfraError: what\nwhy\nnext'
    assert cleaned(text) == "what\nwhy\nnext"


def test_a_defect_tells_where_it_happened() -> None:
    text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'x'"
    assert cleaned(text) == "KeyError: 'x'\nFile \"a.py\", line 1, in f"


def test_colours_go() -> None:
    assert cleaned("<{%fg 1%}>bad<{%reset%}> \x1b[31mred\x1b[0m") == "bad red"


def test_a_trigger_that_could_not_be_changed_is_said_to_be_stopped() -> None:
    trigger = URN.replace("Pipeline::ingest", "Trigger::tick")
    assert "highwater triggers ensure" in failure("up", [(trigger, "refused")], "").next_step
    assert "triggers" not in failure("up", [(URN, "refused")], "").next_step
