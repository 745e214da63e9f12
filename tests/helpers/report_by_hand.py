"""What each visual of the report must show, as PostgreSQL over the source, written by hand.

A query has the visual's columns before its measures. Trips that were withdrawn, or that a rule keeps in quarantine,
are not served; a zone, driver, payment or rate that is not there is Unknown.
"""

import re

from contracts import Contract

# Every visual is asked of these
VIEWS = """
create temp view good as
select t.*, (pickup_at at time zone 'America/New_York') as local,
    date_trunc('hour', pickup_at at time zone 'America/New_York') as local_hour,
    (pickup_at at time zone 'America/New_York')::date as local_date,
    coalesce(total_amount, 0) - refunded_amount as net,
    floor(extract(epoch from dropoff_at)) - floor(extract(epoch from pickup_at)) as seconds,
    case when z.zone_id is null then 'Unknown' else z.borough end as borough,
    case when z.zone_id is null then 'Unknown' else z.zone_name end as zone_name,
    case when o.zone_id is null then 'Unknown' else o.borough end as to_borough,
    case when d.driver_id is null then -1 else t.driver_id end as known_driver,
    coalesce(d.vehicle_class, 'Unknown') as vehicle_class,
    case when d.driver_id is null then 'Unknown' else d.home_borough end as home_borough,
    z.zone_id is null as no_zone, d.driver_id is null as no_driver,
    case payment_type when 0 then 'Flex fare' when 1 then 'Credit card' when 2 then 'Cash' when 3 then 'No charge'
        when 4 then 'Dispute' when 6 then 'Voided trip' else 'Unknown' end as payment,
    (payment_type between 0 and 6) is not true as no_payment,
    case rate_code_id when 1 then 'Standard rate' when 2 then 'JFK' when 3 then 'Newark'
        when 4 then 'Nassau or Westchester' when 5 then 'Negotiated fare' when 6 then 'Group ride'
        when 99 then 'Null or unknown' else 'Unknown' end as rate
from mobility.trip t
    left join mobility.zone z on z.zone_id = pickup_zone_id
    left join mobility.zone o on o.zone_id = dropoff_zone_id
    left join mobility.driver d on d.driver_id = t.driver_id and {driver}
where not t.is_deleted and {trip};
create temp view hours as select g.*, max(local_hour) over () as latest from good g;
create temp view drivers as select * from mobility.driver d where not is_deleted and {driver};
create temp view events as select * from mobility.trip_event e where {event};
create temp view boroughs as select borough from mobility.zone union select 'Unknown';
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
    ("Operations now", "Demand by quarter of an hour"): """
        select date_bin('15 minutes', local, timestamp '2000-01-01') as quarter, count(*),
            count(*) filter (where status = 'cancelled')
        from good group by 1 order by 1 desc limit 96""",
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
    ("Demand by zone and hour", "Weekday"): """
        select to_char(day, 'FMDay') from generate_series(date '2023-01-02', date '2023-01-08', '1 day') as day""",
    ("Demand by zone and hour", "In all"): f"""
        select count(*), {_TRIPS}, count(*) filter (where status = 'cancelled')::float / count(*) from good""",
    ("Demand by zone and hour", "Zone by hour"): """
        with best as (select zone_name, rank() over (order by count(*) desc) as place from good group by 1)
        select zone_name, extract(hour from local)::int, count(*) from good
        where zone_name in (select zone_name from best where place <= 15) group by 1, 2""",
    ("Demand by zone and hour", "By hour of the day"): """
        select extract(hour from local)::int, borough, count(*) from good group by 1, 2""",
    ("Demand by zone and hour", "By weekday"): "select to_char(local, 'FMDay'), count(*) from good group by 1",
    ("Demand by zone and hour", "From borough to borough"): """
        select borough, to_borough, count(*), sum(net) from good where status <> 'cancelled' group by 1, 2""",
    ("Revenue", "In all"): f"""
        select sum(net), sum(refunded_amount), sum(refunded_amount)::float / sum(total_amount),
            sum(net)::float / {_TRIPS}, sum(tip_amount)::float / sum(fare_amount)
        from good""",
    ("Revenue", "Month"): """
        select to_char(day, 'FMMonth') from generate_series(date '2023-01-01', date '2023-12-01', '1 month') as day""",
    ("Revenue", "By day"): "select local_date, sum(net), sum(total_amount) from good group by 1",
    ("Revenue", "By payment"): "select payment, sum(net) from good group by 1",
    ("Revenue", "By borough of the pickup"): "select borough, sum(net) from good group by 1",
    ("Revenue", "By rate"): f"""
        select rate, {_TRIPS}, sum(net), sum(net)::float / {_TRIPS}, sum(net)::float / nullif(sum(trip_distance), 0)
        from good group by 1""",
    ("Revenue", "By part of the day"): """
        select case when extract(hour from local) < 6 then 'night' when extract(hour from local) < 12 then 'morning'
            when extract(hour from local) < 18 then 'afternoon' else 'evening' end, sum(net), sum(tip_amount)
        from good group by 1""",
    ("Driver performance", "In all"): f"""
        select count(distinct driver_id), (select count(*) from drivers), {_TRIPS}::float / count(distinct driver_id),
            sum(net)::float / count(distinct driver_id), sum(net)::float / {_HOURS},
            (select avg(rating)::float from drivers)
        from good""",
    ("Driver performance", "Drivers with the highest revenue"): f"""
        select known_driver, {_TRIPS}, sum(net),
            nullif(count(*) filter (where status = 'cancelled'), 0)::float / count(*),
            {_HOURS}, sum(net)::float / nullif({_HOURS}, 0),
            sum(trip_distance) filter (where seconds > 0)::float / nullif(
                sum(seconds) filter (where seconds > 0 and trip_distance is not null) / 3600.0, 0)
        from good where known_driver in (
            select known_driver from (
                select known_driver, rank() over (order by sum(net) desc) as place from good group by 1) as b
            where place <= 20)
        group by 1""",
    ("Driver performance", "By vehicle"): f"""
        select vehicle_class, sum(net)::float / nullif({_HOURS}, 0) from good group by 1""",
    ("Driver performance", "By home borough"): f"""
        select home_borough, {_TRIPS}::float / nullif(count(distinct driver_id), 0) from good group by 1""",
    ("Data freshness and quality", "Incomplete trips"): """
        select nullif(count(*) filter (where no_zone), 0), nullif(count(*) filter (where no_driver), 0),
            nullif(count(*) filter (where no_payment), 0),
            nullif(count(*) filter (where status = 'completed' and dropoff_at is null), 0),
            count(*) filter (where no_driver)::float / count(*)
        from good""",
    ("Data freshness and quality", "Trips without driver by day"): """
        select local_date, nullif(count(*) filter (where no_driver), 0), nullif(count(*) filter (where no_payment), 0)
        from good group by 1 having count(*) filter (where no_driver or no_payment) > 0""",
    ("Data freshness and quality", "Events"): """
        select event_type, count(*), max(occurred_at at time zone 'America/New_York')
        from events group by 1""",
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
