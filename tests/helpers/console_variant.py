"""`python console_variant.py report|contracts FOLDER`: the console, with that folder in place of the project's own.

A test so shows what the console says of a report or of contracts that nobody would commit.
"""

import sys
from pathlib import Path

import contracts.load
from local.console import server
from local.console.pages import business
from local.report import Report
from local.stack import LocalStack


def main(what: str, folder: Path) -> None:
    if what == "report":
        business.Report = lambda: Report(folder)
    else:
        contracts.load.CONTRACTS_DIR = folder
    server.serve(LocalStack.open(), 0, show=False, told=lambda address: print(address, flush=True))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
