"""What the source holds and what is served of it, as tests of the whole path look at both."""

import psycopg

from local.serving.query import query


def served(path, sql: str) -> list[tuple]:
    with query(path.stack.serving, sql) as result:
        return list(result.rows())


def held(path, sql: str) -> list[tuple]:
    with psycopg.connect(path.stack.source) as connection:
        return connection.execute(sql).fetchall()


def assert_groups_are_right(path) -> None:
    """The aggregate, maintained group by group, is what the source's own rows give."""
    expected = held(
        path,
        "select pickup_zone_id, date_trunc('hour', pickup_at at time zone 'UTC'), count(*),"
        " sum(coalesce(total_amount, 0) - refunded_amount) from mobility.trip where not is_deleted"
        " group by 1, 2 order by 1, 2",
    )
    found = served(
        path,
        "select pickup_zone_id, pickup_hour, demand, revenue from mart.agg_zone_hour"
        " order by pickup_zone_id, pickup_hour",
    )
    assert len(found) > 500
    differ = sorted(set(found) ^ set(expected), key=str)
    assert found == expected, f"not in both: {differ}"
