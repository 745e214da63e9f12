-- The next high bound of a timestamp cursor: below it no row may commit any more.
-- The order of the steps carries the proof, and each step needs a value of the one before, so no planner can change
-- it: the clock, then who is in flight, then what is prepared.
-- A count made in the statement's own snapshot may miss a row that committed just before the look, so a count of 0
-- does not close a range yet. The bound is kept as candidate; a later run, whose snapshot sees all rows below it,
-- closes it when it still counts 0.
with clock as materialized (
    select clock_timestamp() as now, {may_look} as may_look, pg_stat_clear_snapshot()::text as fresh
),
looked as materialized (
    select c.now, f.oldest, f.who, p.n as prepared, p.since, p.gid,
           {low}::timestamp as low, c.now - {margin}::float8 * interval '1 second' as latest
    from clock c
    cross join lateral ({in_flight}) f
    cross join lateral ({prepared}) p
),
safe as materialized (
    select l.*, least(l.latest, l.oldest, case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() end)
           at time zone 'UTC' as bound
    from looked l
),
bound as materialized (
    -- Cut down to what the column can hold, and one unit lower: a value is rounded to the nearest when it is written.
    select s.*, case when s.prepared = 0 then nullif(greatest(s.low, s.bound
           - (extract(microseconds from s.bound)::bigint % {unit} + {unit}) * interval '1 microsecond'), s.low)
           end as high
    from safe s
),
counted as materialized (
    select count(*) as n,
           coalesce(jsonb_agg(distinct to_char({wall}, 'YYYY-MM-DD HH24:MI:SS.US'))
                    filter (where r.i > 1 and (r.i - 1) % {chunk_rows} = 0 and r.v >= {from_low}), '[]') as cuts
    from (
        select t.{cursor} as v, row_number() over (order by t.{cursor}) as i
        from {table} t
        where t.{cursor} >= {from_read_low} and t.{cursor} < (select {from_high} from bound b)
    ) r
),
answer as (
    select b.*, n.n, n.cuts, to_char(b.high, 'YYYY-MM-DD HH24:MI:SS.US') as high_text
    from bound b cross join counted n
)
select case when a.n > 0 then a.high_text else (
           select max((k.value ->> 'value') collate "C") from jsonb_array_elements({candidates}::jsonb) k
           where (k.value ->> 'value') collate "C" > {low} and (k.value ->> 'value') collate "C" <= a.high_text
       ) end as high,
       a.n as rows,
       a.cuts::text as cuts,
       a.high_text as candidate,
       to_char(a.now at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as candidate_at,
       case when a.prepared > 0 then concat(a.prepared, ' prepared transaction(s), the oldest is ', a.gid)
            when a.now at time zone 'UTC' < a.low then 'the clock of the source, which is behind the watermark'
            when a.oldest < a.latest then a.who
       end as held_by,
       round(extract(epoch from case
           when a.prepared > 0 then a.now - a.since
           when a.now at time zone 'UTC' < a.low then a.low - a.now at time zone 'UTC'
           when a.oldest < a.latest then a.now - a.oldest
       end)::numeric, 3) as held_seconds,
       a.high_text as as_of,
       ({outside}) as outside,
       ({late}) as late,
       ({source_columns}) as columns
from answer a
