"""From the source to the report: what a reader sees is what the source has."""

import psycopg
import pytest
from report_numbers import compare

from contracts import load_all
from local.report import Report, reading

pytestmark = pytest.mark.e2e


def test_every_visual_shows_what_the_source_has(path):
    path.ingest()
    with reading(Report(), path.stack.serving) as session, psycopg.connect(path.stack.source) as source:
        ((batch, published),) = session.query("select batch_id, published_at from mart.published_batch")
        numbers = compare(session, source, load_all(), batch, published)
    assert not numbers.wrong, str(numbers.wrong)
    assert numbers.of_queens == numbers.expected_of_queens
