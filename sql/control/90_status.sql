-- What people look at. Views run with their owner's rights, so that readers need none on the tables.

create or replace view control.status as
select c.table_name, c.enabled, c.mode, c.cursor_kind, c.version as contract_version,
       w.watermark,
       round(extract(epoch from clock_timestamp() - fresh.as_of)::numeric, 1) as lag_seconds,
       c.freshness_seconds as freshness_target_seconds,
       coalesce(extract(epoch from clock_timestamp() - fresh.as_of) <= c.freshness_seconds, false) as fresh,
       newest.held_by, newest.held_seconds,
       unmerged.open_windows, unmerged.landed_windows,
       newest.run_id as last_run, newest.started as last_run_at, newest.status as last_run_status,
       newest.rows as last_run_rows,
       coalesce(newest.load_seconds, 0) + coalesce(newest.merge_seconds, 0) as last_run_seconds,
       broken.error as last_error, broken.started as last_error_at,
       newest.outside_rows, newest.outside, newest.drift
from control.contract c
join control.watermark w using (table_name)
left join lateral (
    select t.*, r.started from control.run_table t join control.run r using (run_id)
    where t.table_name = c.table_name and r.kind = 'live'
    order by t.batch_id desc limit 1) newest on true
-- How far what is served is complete, in the source's time: as seen by the last run that left nothing unmerged.
left join lateral (
    select t.as_of from control.run_table t
    where t.table_name = c.table_name and t.status = 'succeeded' and t.complete and t.as_of is not null
    order by t.as_of desc limit 1) fresh on true
left join lateral (
    select t.error, r.started from control.run_table t join control.run r using (run_id)
    where t.table_name = c.table_name and t.error is not null
    order by t.batch_id desc limit 1) broken on true
cross join lateral (
    select count(*) filter (where l.status = 'open') as open_windows,
           count(*) filter (where l.status = 'landed') as landed_windows
    from control.ledger l where l.table_name = c.table_name and l.status <> 'merged') unmerged;

-- Each table of each run, newest first.
create or replace view control.run_report as
select r.run_id, r.batch_id, r.pipeline, r.kind, r.started, r.ended, r.status as run_status,
       t.table_name, t.status, t.windows, t.rows, t.load_seconds, t.landed, t.duplicates, t.superseded, t.quarantined,
       t.inserted, t.updated, t.deleted, t.merge_seconds, t.versions, t.held_by, t.held_seconds, t.error,
       t.outside_rows, t.outside, t.drift
from control.run r
left join control.run_table t using (run_id)
order by r.batch_id desc, t.table_name;

-- The ledger as it stands.
create or replace view control.window_list as
select l.window_id, l.table_name, l.kind, l.request, l.low, l.high, l.status, l.attempt, l.claimed_by, l.lease_until,
       l.contract_version, l.path, l.files, l.rows, l.opened_by, l.landed_by, l.merged_by,
       l.opened_at, l.landed_at, l.merged_at
from control.ledger l;

grant select on control.status, control.run_report, control.window_list to highwater_factory;
