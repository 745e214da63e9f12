-- The next high bound of an integer cursor: the highest value plus one, once all that was in flight when it was taken
-- is over. Values are handed out one at a time inside the writing transaction, so a lower value that has not
-- committed belongs to a transaction that started before.
-- The order of the steps carries the proof, and each step needs a value of the one before: the candidate, its time,
-- a wait of the margin (a transaction shows its start a moment after it took it), then who is in flight, then what
-- is prepared. Where the new candidate is not safe yet, the highest one of earlier runs that is takes its place.
with top as materialized (
    select coalesce((
        select t.{cursor}::bigint from {table} t where t.{cursor} < 9223372036854775807
        order by t.{cursor} desc limit 1) + 1, {low}::bigint) as candidate
),
taken as materialized (
    select t.candidate, {low}::bigint as low, clock_timestamp() as at, {may_look} as may_look from top t
),
waited as materialized (
    select k.*, case when k.candidate > k.low then pg_sleep({margin}::float8)::text end as waited from taken k
),
clock as materialized (
    select w.*, clock_timestamp() as now, pg_stat_clear_snapshot()::text as fresh
    from waited w where w.waited is not null or w.candidate <= w.low
),
looked as materialized (
    select c.candidate, c.low, c.at, c.now, f.oldest, f.who, f.ahead, p.n as prepared, p.since, p.gid,
           c.now - {margin}::float8 * interval '1 second' as latest
    from clock c
    cross join lateral ({in_flight}) f
    cross join lateral ({prepared}) p
),
bound as materialized (
    -- A start that lies ahead of the clock was taken before the clock stepped back: nothing tells when.
    select l.*, k.value as high, k.at as high_at
    from looked l
    left join lateral (
        select v.value, v.at
        from (
            select l.candidate as value, l.at
            union all
            select (e.value ->> 'value')::bigint, (e.value ->> 'at')::timestamp at time zone 'UTC'
            from jsonb_array_elements({candidates}::jsonb) e
        ) v
        where l.candidate > l.low and v.value > l.low and l.prepared = 0 and not l.ahead
          and v.at <= l.latest and (l.oldest is null or v.at < l.oldest)
        order by v.value desc limit 1
    ) k on true
),
counted as materialized (
    select count(*) as n,
           coalesce(jsonb_agg(distinct r.v::text)
                    filter (where r.i > 1 and (r.i - 1) % {chunk_rows} = 0 and r.v >= {low}::bigint), '[]') as cuts
    from (
        select t.{cursor} as v, row_number() over (order by t.{cursor}) as i
        from {table} t
        where t.{cursor} >= {from_read_low} and t.{cursor} < (select b.high from bound b)
    ) r
)
select case when n.n > 0 then b.high::text end as high,
       n.n as rows,
       n.cuts::text as cuts,
       case when b.candidate > greatest(b.low, b.high) then b.candidate::text end as candidate,
       to_char(b.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as candidate_at,
       case when b.candidate <= b.low or b.candidate = b.high then null
            when b.prepared > 0 then concat(b.prepared, ' prepared transaction(s), the oldest is ', b.gid)
            when b.ahead then 'the clock of the source, which stepped back'
            else b.who
       end as held_by,
       round(extract(epoch from case
           when b.candidate <= b.low or b.candidate = b.high then null
           when b.prepared > 0 then b.now - b.since
           when not b.ahead then b.now - b.oldest
       end)::numeric, 3) as held_seconds,
       to_char(case when b.candidate <= b.low then b.at else b.high_at end at time zone 'UTC',
               'YYYY-MM-DD HH24:MI:SS.US') as as_of,
       ({outside}) as outside,
       ({late}) as late,
       ({source_columns}) as columns
from bound b cross join counted n
