"""The T-SQL of the Synapse serverless database, generated from the contracts.

Every script may be run again. What differs between Azure and the laptop is the lake's endpoint alone.

>>> from contracts import load_all
>>> from sql import serving
>>> serving.database_script("https://acct.dfs.core.windows.net/").splitlines()[0]
"IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE name = N'mart')"
"""

from sql.serving.access import (
    Reader,
    data_limit,
    drop_login,
    drop_user,
    login,
    membership,
    readers,
    roles_script,
)
from sql.serving.batches import batch_scripts
from sql.serving.database import COLLATION, DATABASE, create_database, database_script
from sql.serving.views import View, drop_script, view_script, view_scripts, views

__all__ = [
    "COLLATION",
    "DATABASE",
    "Reader",
    "View",
    "batch_scripts",
    "create_database",
    "data_limit",
    "database_script",
    "drop_login",
    "drop_script",
    "drop_user",
    "login",
    "membership",
    "readers",
    "roles_script",
    "view_script",
    "view_scripts",
    "views",
]
