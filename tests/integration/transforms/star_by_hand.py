"""The star from scratch, written by hand in DuckDB's SQL over rows as Python has them: no contract and no Spark in it.

`trip`, `driver`, `zone` and `event` hold silver: the newest version of each trip, every version of each driver with
`valid_from` and `valid_to`, zones and events, each with `_removed`. `STAR` is gold's table to query, `RESTRICTED` that
of the columns kept apart: every column that is served, but for what names a batch.
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


def _known(column: str, names: dict[int, str]) -> str:
    return f"case when {column} in ({', '.join(map(str, names))}) then {column} else -1 end"


def _rows(names: dict[int, str]) -> str:
    return ", ".join(f"({key}, '{name}')" for key, name in {-1: "Unknown", **names}.items())


def _local(column: str) -> str:
    return f"({column} at time zone 'UTC') at time zone 'America/New_York'"


def _zone(alias: str, side: str) -> str:
    columns = {"zone": "zone_name", "borough": "borough", "service_zone": "service_zone"}
    found = (
        f"case when {alias}.zone_id is null then 'Unknown' else {alias}.{column} end as {side}_{name}"
        for name, column in columns.items()
    )
    return f"coalesce({alias}.zone_id, -1) as {side}_zone_key, {', '.join(found)}"


_KEY = "d.driver_id || '@' || epoch_us(d.valid_from)"
VIEWS = f"""
-- Miles an hour to the cent, half up, in whole numbers: a float would fall to either side of a half.
create macro speed(miles, seconds) as
    cast((cast(miles * 100 as hugeint) * 7200 + seconds) // (2 * seconds) as decimal(18, 2)) / 100;
create macro mph(miles, seconds) as cast(speed(miles, seconds) as decimal(18, 2));
create view ranked as select *, row_number() over (partition by driver_id order by valid_from) as place from driver;
create view rich as
select t.*, strftime(pickup_at, '%Y-%m') as _month, {_zone("p", "pickup")}, {_zone("o", "dropoff")},
    case when d.driver_id is null then '-1' else {_KEY} end as driver_key,
    case when d.driver_id is null then 'Unknown' else d.home_borough end as driver_home_borough,
    coalesce(d.vehicle_class, 'Unknown') as driver_vehicle_class,
    {_known("payment_type", _NAMES["payment"])} as payment_key,
    {_named("payment_type", _NAMES["payment"])} as payment_name,
    {_known("rate_code_id", _NAMES["rate"])} as rate_key, {_named("rate_code_id", _NAMES["rate"])} as rate_name,
    cast(pickup_at as date) as pickup_date, date_trunc('hour', pickup_at) as pickup_hour,
    {_local("pickup_at")} as pickup_local, {_local("dropoff_at")} as dropoff_local,
    cast(pickup_local as date) as pickup_local_date,
    hour(pickup_local) * 60 + minute(pickup_local) as pickup_time_key,
    epoch_us(dropoff_at - pickup_at) // 1000000 as duration_s,
    case when duration_s > 0 then mph(trip_distance, duration_s) end as speed_mph,
    coalesce(total_amount, 0) - refunded_amount as net_amount
from trip as t
    left join zone as p on p.zone_id = t.pickup_zone_id
    left join zone as o on o.zone_id = t.dropoff_zone_id
    left join ranked as d on d.driver_id = t.driver_id and (d.place = 1 or t.pickup_at >= d.valid_from)
        and (d.valid_to is null or t.pickup_at < d.valid_to);
create view counted as select *, status = 'cancelled' as lost from rich where not is_deleted and not _removed;
"""
_SPEED = """mph(sum(trip_distance) filter (where duration_s > 0),
    sum(duration_s) filter (where duration_s > 0 and trip_distance is not null)) as average_speed_mph"""
_TRIPS = """count(*) as demand, count(*) filter (where not lost) as trips,
    count(*) filter (where lost) as cancellations"""
_SUMS = "sum(net_amount) as revenue, sum(trip_distance) as distance, sum(duration_s) as duration_s"
_QUARTER = "time_bucket(interval 15 minutes, {}, timestamp '2024-01-01')"
STAR = {
    "fact_trip": "select * from rich",
    "fact_trip_event": f"""
        select e.*, strftime(occurred_at, '%Y-%m') as _month, coalesce(z.zone_id, -1) as zone_key,
            case when z.zone_id is null then 'Unknown' else z.zone_name end as zone_name,
            case when z.zone_id is null then 'Unknown' else z.borough end as borough,
            cast(occurred_at as date) as event_date, {_local("occurred_at")} as occurred_local,
            row_number() over (partition by trip_id order by occurred_at, event_id) as event_number
        from event as e left join zone as z on z.zone_id = e.zone_id""",
    "dim_zone": """
        select zone_id, borough, zone_name, service_zone, _removed from zone
        union all select -1, 'Unknown', 'Unknown', 'Unknown', false""",
    "dim_driver": f"""
        select driver_id, home_borough, vehicle_class, rating, status, licensed_on, is_deleted, updated_at,
            {_KEY} as driver_key, valid_from, valid_to, valid_to is null as is_current, _removed
        from driver as d
        union all select -1, 'Unknown', 'Unknown', null, 'Unknown', null, null, null,
            '-1', timestamp '1900-01-01', null, true, false""",
    "dim_payment": f"select * from (values {_rows(_NAMES['payment'])}) as v(payment_type, payment_name)",
    "dim_rate": f"select * from (values {_rows(_NAMES['rate'])}) as v(rate_code_id, rate_name)",
    "dim_date": """
        select cast(d as date) as calendar_date, year(d) as year, quarter(d) as quarter, month(d) as month,
            monthname(d) as month_name, day(d) as day, isodow(d) as weekday, dayname(d) as weekday_name,
            weekofyear(d) as iso_week, isodow(d) in (6, 7) as is_weekend
        from generate_series(timestamp '2009-01-01', timestamp '2040-12-31', interval 1 day) as s(d)""",
    "dim_time": """
        select hour(t) * 60 + minute(t) as time_key, hour(t) as hour, minute(t) as minute, hour(t) * 4 + minute(t) // 15
            as quarter_hour_key, strftime(t, '%H:%M') as clock,
            ['night', 'morning', 'afternoon', 'evening'][hour(t) // 6 + 1] as part_of_day
        from generate_series(timestamp '1970-01-01', timestamp '1970-01-01 23:59:00', interval 1 minute) as s(t)""",
    "agg_zone_hour": f"""
        select pickup_zone_id, pickup_zone_key, pickup_hour, max(date_trunc('hour', pickup_local)) as local_hour,
            max(pickup_local_date) as local_date, max(hour(pickup_local)) * 60 as local_time_key, {_TRIPS}, {_SUMS},
            {_SPEED}
        from counted group by pickup_zone_id, pickup_zone_key, pickup_hour""",
    "agg_zone_flow_day": f"""
        select pickup_zone_key, dropoff_zone_key, pickup_local_date as local_date, count(*) as trips, {_SUMS}
        from counted where not lost group by all""",
    "kpi_quarter_hour": f"""
        select {_QUARTER.format("pickup_at")} as quarter_hour,
            max({_QUARTER.format("pickup_local")}) as local_quarter_hour, {_TRIPS},
            count(*) filter (where status = 'open') as open_trips, count(distinct driver_id) as drivers, {_SUMS},
            sum(refunded_amount) as refunds, {_SPEED}
        from counted group by quarter_hour""",
}
RESTRICTED = {"dim_driver": "select driver_id, valid_from, full_name, _removed from driver"}
