"""The receipts that the job left in landing for a run: what it did with each table, by its own count."""

import json

from local.stack import LocalStack


def receipts(stack: LocalStack, run_id: str) -> list[dict]:
    """The receipts of a run in the order of their tables; none once maintenance has swept them.

    Shape: see `highwater_transforms.receipts.Receipt`.
    """
    folder = stack.container("landing") / "_receipts" / run_id
    lines = [
        json.loads(line)
        for file in sorted(folder.glob("*/*.json"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return sorted(lines, key=lambda found: found["table_name"])
