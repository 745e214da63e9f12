"""The star from scratch, written by hand in DuckDB's SQL over rows as Python has them: no contract and no Spark in it.

`trip`, `driver`, `zone` and `event` hold silver: the newest version of each trip with `removed`, every version of each
driver with `valid_from` and `valid_to`, zones and events. `STAR` is table to query.
"""

_NAMES = {
    "payment": {0: "Flex fare", 1: "Credit card", 2: "Cash", 3: "No charge", 4: "Dispute", 5: "Unknown",
                6: "Voided trip"},
    "rate": {1: "Standard rate", 2: "JFK", 3: "Newark", 4: "Nassau or Westchester", 5: "Negotiated fare",
             6: "Group ride", 99: "Null or unknown"},
}  # fmt: skip


def _named(column: str, names: dict[int, str]) -> str:
    cases = " ".join(f"when {key} then '{name}'" for key, name in names.items())
    return f"case {column} {cases} else 'Unknown' end"


_KEY = "d.driver_id || '@' || epoch_us(d.valid_from)"
VIEWS = f"""
create view ranked as select *, row_number() over (partition by driver_id order by valid_from) as place from driver;
create view rich as
select t.*, (pickup_at at time zone 'UTC') at time zone 'America/New_York' as local_at,
    coalesce(p.zone_id, -1) as from_key, case when p.zone_id is null then 'Unknown' else p.zone_name end as from_name,
    coalesce(o.zone_id, -1) as to_key, case when o.zone_id is null then 'Unknown' else o.borough end as to_borough,
    case when d.driver_id is null then '-1' else {_KEY} end as driver_key,
    coalesce(d.vehicle_class, 'Unknown') as vehicle, epoch_us(dropoff_at - pickup_at) // 1000000 as lasted,
    coalesce(total_amount, 0) - refunded_amount as net
from trip as t
    left join zone as p on p.zone_id = t.pickup_zone_id
    left join zone as o on o.zone_id = t.dropoff_zone_id
    left join ranked as d on d.driver_id = t.driver_id and (d.place = 1 or t.pickup_at >= d.valid_from)
        and (d.valid_to is null or t.pickup_at < d.valid_to);
create view counted as select *, status = 'cancelled' as lost from rich where not is_deleted;
"""
_SPEED = """cast(sum(trip_distance) filter (where lasted > 0) * 3600.0
    / sum(lasted) filter (where lasted > 0 and trip_distance is not null) as decimal(18, 2))"""
STAR = {
    "fact_trip": f"""
        select trip_id, status, is_deleted, pickup_zone_id, from_key as pickup_zone_key, from_name as pickup_zone,
            to_key as dropoff_zone_key, to_borough as dropoff_borough, driver_key, vehicle as driver_vehicle_class,
            case when payment_type between 0 and 6 then payment_type else -1 end as payment_key,
            {_named("payment_type", _NAMES["payment"])} as payment_name,
            {_named("rate_code_id", _NAMES["rate"])} as rate_name,
            local_at as pickup_local, cast(local_at as date) as pickup_local_date,
            hour(local_at) * 60 + minute(local_at) as pickup_time_key, lasted as duration_s, net as net_amount
        from rich""",
    "fact_trip_event": """
        select event_id, trip_id, event_type, coalesce(z.zone_id, -1) as zone_key,
            case when z.zone_id is null then 'Unknown' else z.borough end as borough,
            row_number() over (partition by trip_id order by occurred_at, event_id) as event_number
        from event as e left join zone as z on z.zone_id = e.zone_id""",
    "dim_zone": """
        select zone_id, borough, zone_name, removed as _removed from zone
        union all select -1, 'Unknown', 'Unknown', false""",
    "dim_driver": f"""
        select driver_id, vehicle_class, {_KEY} as driver_key, valid_from, valid_to, valid_to is null as is_current
        from driver as d
        union all select -1, 'Unknown', '-1', timestamp '1900-01-01', null, true""",
    "agg_zone_hour": f"""
        select pickup_zone_id, from_key as pickup_zone_key, date_trunc('hour', pickup_at) as pickup_hour,
            max(date_trunc('hour', local_at)) as local_hour, count(*) as demand,
            count(*) filter (where not lost) as trips, count(*) filter (where lost) as cancellations,
            sum(net) as revenue, sum(trip_distance) as distance, {_SPEED} as average_speed_mph
        from counted group by all""",
    "agg_zone_flow_day": """
        select from_key as pickup_zone_key, to_key as dropoff_zone_key, cast(local_at as date) as local_date,
            count(*) as trips, sum(net) as revenue, sum(lasted) as duration_s
        from counted where not lost group by all""",
    "kpi_quarter_hour": f"""
        select time_bucket(interval 15 minutes, pickup_at, timestamp '2024-01-01') as quarter_hour, count(*) as demand,
            count(*) filter (where status = 'open') as open_trips, count(distinct driver_id) as drivers,
            sum(refunded_amount) as refunds, {_SPEED} as average_speed_mph
        from counted group by all""",
}
