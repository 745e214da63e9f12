-- What a run tells the outside world when it ends: one row a table, as Log Analytics takes it.

-- The runs, for who may see views only.
create or replace view control.run_list as
select r.run_id, r.batch_id, r.pipeline, r.kind, r.started, r.ended, r.status, r.message from control.run r;

grant select on control.run_list to highwater_factory;

-- The facts of a run, one object a table, what is worst first: failed, never loaded, then by lag over target.
-- The lag is of the time at which the run ended, in the source's time, as seen by the last run up to this one that
-- left nothing unmerged. The watermark and the unmerged windows are of now: ask while the run is the newest.
create or replace function control.facts(p_run text) returns setof jsonb
    language sql volatile security definer set search_path = pg_catalog, control, pg_temp as $$
    select jsonb_build_object(
        'TimeGenerated', to_char(at.utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'RunId', r.run_id, 'BatchId', r.batch_id, 'Pipeline', r.pipeline, 'Kind', r.kind,
        'TableName', t.table_name,
        'Status', case when t.status = 'pending' then r.status else t.status end,
        -- One line, and short: the whole text is in the run's report.
        'Error', left(regexp_replace(t.error, '[[:cntrl:]]+', ' ', 'g'), 300),
        'Watermark', w.watermark,
        'LagSeconds', lag.seconds, 'FreshnessTargetSeconds', c.freshness_seconds,
        'HeldSeconds', t.held_seconds, 'HeldBy', left(t.held_by, 200),
        'Windows', t.windows, 'UnmergedWindows', unmerged.windows, 'RowsRead', t.rows,
        'Quarantined', t.quarantined, 'Inserted', t.inserted, 'Updated', t.updated, 'Deleted', t.deleted,
        'LoadSeconds', t.load_seconds, 'MergeSeconds', t.merge_seconds)
    from control.run r
    join control.run_table t using (run_id)
    join control.contract c using (table_name)
    join control.watermark w using (table_name)
    cross join lateral (select coalesce(r.ended, clock_timestamp()) at time zone 'UTC' as utc) at
    left join lateral (
        select f.as_of at time zone 'UTC' as utc from control.run_table f
        where f.table_name = t.table_name and f.batch_id <= r.batch_id
          and f.status = 'succeeded' and f.complete and f.as_of is not null
        order by f.as_of desc limit 1) fresh on true
    cross join lateral (select round(extract(epoch from at.utc - fresh.utc)::numeric, 1) as seconds) lag
    cross join lateral (
        select count(*) as windows from control.ledger l
        where l.table_name = t.table_name and l.status <> 'merged') unmerged
    where r.run_id = p_run
    order by t.error is null, lag.seconds is not null, lag.seconds / c.freshness_seconds desc, t.table_name;
$$;

-- The same as the text of one JSON array, the body of one request. Log Analytics takes a megabyte a request and Data
-- Factory 896 KB an activity, so it stops below: at some 1,200 tables. What is left out are the freshest tables; the
-- freshness alarm, which knows every contract, misses them by name.
create or replace function control.run_facts(p_run text) returns text
    language sql volatile security definer set search_path = pg_catalog, control, pg_temp as $$
    select coalesce(jsonb_agg(sized.fact order by sized.place), '[]')::text
    from (select f.fact, f.place, sum(octet_length(f.fact::text) + 2) over (order by f.place) as up_to
          from control.facts(p_run) with ordinality f (fact, place)) sized
    where sized.up_to <= 800000;
$$;

revoke all on all functions in schema control from public;
grant execute on function control.facts(text), control.run_facts(text) to highwater_factory;
