"""What Synapse serverless reads stays at Delta reader version 1, by what tables are made with and by a check."""

from types import SimpleNamespace

import pytest
from highwater_transforms.delta import SERVED, DeltaTable
from highwater_transforms.errors import TransformError


class Session:
    """Answers SHOW TBLPROPERTIES."""

    def __init__(self, **stored: str):
        self.stored = [{"key": f"delta.{key}", "value": value} for key, value in stored.items()]

    def sql(self, text: str):
        assert text == "SHOW TBLPROPERTIES delta.`abfss://gold/fact_trip`"
        return SimpleNamespace(collect=lambda: self.stored)


def table(**stored: str) -> DeltaTable:
    return DeltaTable(Session(**stored), "abfss://gold/fact_trip")


def test_a_served_table_is_made_without_what_asks_for_a_newer_reader():
    """Named one by one, since a workspace may turn any of them on for new tables."""
    assert SERVED == {
        "delta.enableDeletionVectors": "false",
        "delta.columnMapping.mode": "none",
        "delta.checkpointPolicy": "classic",
        "delta.minReaderVersion": "1",
        "delta.minWriterVersion": "2",
    }


def test_reader_version_one_passes():
    table(minReaderVersion="1", minWriterVersion="7").refuse_newer_reader()


def test_a_newer_reader_is_refused_with_the_features_that_ask_for_it():
    newer = {
        "minReaderVersion": "3",
        "feature.deletionVectors": "supported",
        "feature.timestampNtz": "supported",
    }
    with pytest.raises(TransformError) as caught:
        table(**newer).refuse_newer_reader()
    assert "asks for Delta reader version 3" in str(caught.value)
    assert "deletionVectors, timestampNtz; Synapse serverless reads version 1" in str(caught.value)
