"""What a Lookup answers stays below where the service cuts it off without a word: 5,000 rows and 4 MB."""

import re

from contracts import load_all
from sql import extract, ledger

ROWS, BYTES = 5000, 4 * 1024 * 1024
_SETTING = re.compile(r"\('windows_per_table', (\d+),")


def windows_per_table() -> int:
    text = "".join(script for _, script in ledger.scripts())
    (found,) = _SETTING.findall(text)
    return int(found)


def test_the_windows_that_one_run_opens_fit_one_lookup():
    assert windows_per_table() <= ROWS
    longest = max(len(extract.extract(contract)) for contract in load_all())
    # Beside the query, a row has its ids, two bounds of 26 characters, a path and a file.
    assert windows_per_table() * (longest + 500) <= BYTES


def test_so_does_the_list_of_tables():
    assert len(load_all()) * 200 <= BYTES
    assert len(load_all()) <= ROWS
