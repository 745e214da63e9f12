"""Where each served column comes from: worked out from the contracts, the Spark expressions and the T-SQL views.

`columns` has the facts, `docs` writes them as pages, `openlineage` as events of each run.
"""

from local.lineage.columns import Input, Origin, Served, served_columns

__all__ = ["Input", "Origin", "Served", "served_columns"]
