"""The command line. Each module holds the commands of one subject; heavy imports happen inside commands."""

import sys

from local.cli import (  # noqa: F401  (they add their commands)
    adf,
    bench,
    bootstrap,
    contracts,
    cost,
    declare,
    history,
    operate,
    quarantine,
    query,
    runs,
    secret,
    source,
    stack,
    teardown,
    triggers,
    watch,
    web,
)
from local.cli.app import app, console
from local.errors import HighwaterError

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of `highwater`: exit status 0, or 1 with what failed, why and what to do next."""
    from contracts import ContractError
    from infra.errors import InfraError

    try:
        app()
    except (HighwaterError, InfraError) as error:
        _explain(error.what, error.why, error.next_step)
    except ContractError as error:
        found = "\n".join(str(b) for b in error.breaches)
        _explain(
            f"The contract {error.file} can't be honoured", found, "Correct the file; nothing was changed."
        )
    except KeyboardInterrupt:
        _explain("Interrupted", "", "What was begun is finished by the next `highwater run`.")
    else:
        return
    sys.exit(1)


def _explain(what: str, why: str, next_step: str) -> None:
    console.stderr = True
    console.print(f"[bold red]error:[/] {what}", highlight=False)
    for label, text in (("why", why), ("next", next_step)):
        if text:
            console.print(f"  [bold]{label}:[/] ", end="")
            console.print(text, markup=False, highlight=False)
