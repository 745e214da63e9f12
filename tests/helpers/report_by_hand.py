"""What each visual of the report must show, as PostgreSQL over the source, written by hand.

A query has the visual's columns before its measures. Trips that were withdrawn, or that a rule keeps in quarantine,
are not served;
"""

import re

from contracts import Contract

# Every visual is asked of these
VIEWS = """
create temp view good as
select t.*, (pickup_at at time zone 'UTC') as local,
    date_trunc('hour', pickup_at at time zone 'UTC') as local_hour,
    (pickup_at at time zone 'UTC')::date as local_date,
    coalesce(total_amount, 0) - refunded_amount as net,
    floor(extract(epoch from dropoff_at)) - floor(extract(epoch from pickup_at)) as seconds,
    z.borough,
    z.zone_name,
    pickup_zone_id is null as no_zone, t.driver_id is null as no_driver
from mobility.trip t
    left join mobility.zone z on z.zone_id = pickup_zone_id
where not t.is_deleted and {trip};
create temp view hours as select g.*, max(local_hour) over () as latest from good g;
create temp view drivers as select * from mobility.driver d where not is_deleted and {driver};
create temp view events as select * from mobility.trip_event e where {event};
create temp view boroughs as select distinct borough from mobility.zone;
"""

_DAY = "local_hour > latest - interval '1 day'"
_BEFORE = "local_hour > latest - interval '2 days' and local_hour <= latest - interval '1 day'"
_OF_A_DAY = f"""
    nullif(count(*) filter (where {_DAY}), 0) as demand,
    (count(*) filter (where {_DAY}) - nullif(count(*) filter (where {_BEFORE}), 0))::float
        / nullif(count(*) filter (where {_BEFORE}), 0),
    count(*) filter (where {_DAY} and status = 'cancelled')::float / nullif(count(*) filter (where {_DAY}), 0),
    sum(net) filter (where {_DAY})"""
_TRIPS = "nullif(count(*) filter (where status <> 'cancelled'), 0)"
_HOURS = "(sum(seconds) / 3600.0)"

BY_HAND = {
    ("Operations now", "The latest 24 hours"): f"select {_OF_A_DAY}, max(latest) from hours",
    ("Operations now", "Borough"): "select borough from boroughs",
    ("Operations now", "Demand by hour"): """
        select local_hour, count(*),
            count(*) filter (where status = 'cancelled')
        from good group by 1 order by 1 desc limit 48""",
    ("Operations now", "Zones with the highest demand"): f"""
        select zone_name, demand from (
            select zone_name, count(*) as demand, rank() over (order by count(*) desc) as place
            from hours where {_DAY} group by 1) as b
        where place <= 10""",
    ("Operations now", "Boroughs"): f"""
        select borough, {_OF_A_DAY}, nullif(count(*) filter (where status = 'open'), 0)
        from hours group by 1
        having count(*) filter (where {_DAY} or {_BEFORE} or status = 'open') > 0""",
    ("Demand by zone and hour", "Borough"): "select borough from boroughs",
    ("Demand by zone and hour", "In all"): f"""
        select count(*), {_TRIPS}, count(*) filter (where status = 'cancelled')::float / count(*) from good""",
    ("Demand by zone and hour", "Zones"): """
        select borough, zone_name, count(*), count(*) filter (where status = 'cancelled')::float / count(*), sum(net)
        from good group by 1, 2""",
    ("Demand by zone and hour", "By hour"): """
        with best as (select distinct local_hour from good order by 1 desc limit 168)
        select local_hour, borough, count(*) from good
        where local_hour in (select local_hour from best) group by 1, 2""",
    ("Revenue", "In all"): f"""
        select sum(net), sum(refunded_amount), sum(refunded_amount)::float / sum(total_amount),
            sum(net)::float / {_TRIPS}, sum(tip_amount)::float / sum(fare_amount)
        from good""",
    ("Revenue", "By day"): "select local_date, sum(net), sum(total_amount) from good group by 1",
    ("Revenue", "By payment"): "select payment_type, sum(net) from good group by 1",
    ("Revenue", "By borough of the pickup"): "select borough, sum(net) from good group by 1",
    ("Revenue", "By rate"): f"""
        select rate_code_id, {_TRIPS}, sum(net), sum(net)::float / {_TRIPS},
            sum(net)::float / nullif(sum(trip_distance), 0)
        from good group by 1""",
    ("Driver performance", "In all"): f"""
        select count(distinct driver_id), (select count(*) from drivers), {_TRIPS}::float / count(distinct driver_id),
            sum(net)::float / count(distinct driver_id), sum(net)::float / {_HOURS},
            (select avg(rating)::float from drivers)
        from good""",
    ("Driver performance", "Drivers with the highest revenue"): f"""
        select driver_id, {_TRIPS}, sum(net),
            nullif(count(*) filter (where status = 'cancelled'), 0)::float / count(*),
            {_HOURS}, sum(net)::float / nullif({_HOURS}, 0),
            sum(trip_distance) filter (where seconds > 0)::float / nullif(
                sum(seconds) filter (where seconds > 0 and trip_distance is not null) / 3600.0, 0)
        from good where driver_id in (
            select driver_id from (
                select driver_id, rank() over (order by sum(net) desc) as place from good group by 1) as b
            where place <= 20)
        group by 1""",
    ("Data freshness and quality", "Incomplete trips"): """
        select nullif(count(*) filter (where no_zone), 0), nullif(count(*) filter (where no_driver), 0),
            nullif(count(*) filter (where status = 'completed' and dropoff_at is null), 0),
            count(*) filter (where no_driver)::float / count(*)
        from good""",
    ("Data freshness and quality", "Trips without driver by day"): """
        select local_date, nullif(count(*) filter (where no_driver), 0)
        from good group by 1 having count(*) filter (where no_driver) > 0""",
    ("Data freshness and quality", "Events"): """
        select event_type, count(*), count(distinct trip_id) from events group by 1""",
    ("Data freshness and quality", "Trips by status"): """
        select status, count(*), (max(updated_at) at time zone 'UTC') from good group by 1""",
    ("Data freshness and quality", "Served"): """
        select %(batch)s, %(published)s, 0, max(updated_at) at time zone 'UTC', count(*), (select count(*) from events)
        from good""",
    ("Data freshness and quality", "Freshness of each table"): """
        select 'dim_driver', max(updated_at) at time zone 'UTC', null::bigint, 60 from mobility.driver d where {driver}
        union all select 'dim_zone', null, null, 1440
        union all select 'fact_trip', max(updated_at) at time zone 'UTC', null, 15 from mobility.trip t where {trip}
        union all select 'fact_trip_event', null, max(event_id), 15 from events""",
}  # fmt: skip


def kept(contracts: tuple[Contract, ...], table: str, alias: str) -> str:
    """The condition that rows of a table are not in quarantine."""
    (contract,) = (c for c in contracts if c.table == table)
    rules = [r.condition for r in contract.rules if r.severity == "quarantine"]
    said = " and ".join(f"({r})" for r in rules) or "true"
    for column in contract.column_names:  # the views join tables that share names
        said = _qualified(said, column, alias)
    return said


def _qualified(text: str, column: str, alias: str) -> str:
    return re.sub(rf"(?<![\w.'])\b{column}\b(?!')", f"{alias}.{column}", text)
