"""What ran, kept in PostgreSQL: recorded while it happens, read back as a list, a tree, or a run to recover.

The record of each run is first a file of JSON lines beside the process that runs it. A recorder copies the lines
to the database in batches and removes the file once the run has ended and all of it is stored. So recording
costs a run nothing but the file, a database that is away for a while loses nothing, and the files of a process
that died tell what it did.
"""

from local.adf.history.reading import History, RunNode
from local.adf.history.recorder import Recorder
from local.adf.history.schema import prepare
from local.adf.history.storing import catch_up

__all__ = ["History", "Recorder", "RunNode", "catch_up", "prepare"]
