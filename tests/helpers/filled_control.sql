-- What a control database looks like after many runs of `ingest`, five minutes apart and the last one just now.
-- Set before it: highwater.runs, how many. Every 37th run failed; every third one has rows that broke a rule.

create temp table hw_run as
select i, md5('run ' || i)::uuid::text as run_id, i % 37 = 0 as failed,
       clock_timestamp() - (n - i) * interval '5 min' - interval '2 min' as started, 30 + i % 17 as seconds
from (select current_setting('highwater.runs')::int as n) as given, generate_series(1, n) as i;

insert into control.run (run_id, pipeline, kind, started, ended, status, message)
select run_id, 'ingest', 'live', started, started + seconds * interval '1 s',
       case when failed then 'failed' else 'succeeded' end, case when failed then 'trip: no route to the source' end
from hw_run order by i;

insert into control.run_table (run_id, table_name, batch_id, status, begun_at, as_of, windows, rows, load_seconds,
    landed, duplicates, superseded, quarantined, inserted, updated, deleted, merge_seconds, complete, error,
    held_by, held_seconds)
select r.run_id, c.table_name, b.batch_id, case when bad then 'failed' else 'succeeded' end, r.started, r.started, 1,
       rows, 1.5 + i % 5, rows, 0, 0, case when c.table_name = 'trip' and i % 3 = 0 then 1 + i % 4 else 0 end,
       rows / 2, rows / 2, 0, 6 + i % 9, not bad, case when bad then 'no route to the source' end,
       case when i % 11 = 0 then 'month end close (pid 4711)' end, case when i % 11 = 0 then i % 600 end
from hw_run r join control.run b using (run_id) cross join control.contract c
cross join lateral (select r.failed and c.table_name = 'trip' as bad,
                           case when c.table_name like 'trip%' then 100 + i % 900 else i % 7 end as rows) as made;

insert into control.run_rule (run_id, table_name, rule, severity, rows)
select run_id, 'trip', rule, severity, 1 + i % 4
from hw_run, (values ('dropoff_after_pickup', 'quarantine', 3), ('distance_plausible', 'warn', 5),
                     ('value_unreadable', 'quarantine', 60)) as rules (rule, severity, every)
where i % every = 0;

-- One live window a table and run, each from where the last one ended; the newest of trip is not merged yet.
with bound as (
    select c.table_name, c.cursor_kind, c.version, r.i, r.run_id, r.started,
           case c.cursor_kind
               when 'timestamp' then to_char(r.started at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
               when 'integer' then (r.i * 1000)::text else lpad(r.i::text, 12, '0') || '-' end as high
    from control.contract c cross join hw_run r
), window_of as (
    select *, lag(high) over own as low, row_number() over (order by i, table_name) as id,
           last_value(i) over (partition by table_name order by i rows between unbounded preceding
                               and unbounded following) = i and table_name = 'trip' as unmerged
    from bound window own as (partition by table_name order by i)
)
insert into control.ledger (window_id, table_name, kind, cursor_kind, low, high, is_first, status, attempt,
    contract_version, path, files, rows, opened_by, landed_by, merged_by, opened_at, landed_at, merged_at)
overriding system value
select id, table_name, 'live', cursor_kind, coalesce(low, control.first_low(cursor_kind)), high, low is null,
       case when unmerged then 'landed' else 'merged' end, 1, version, format('%s/%s/1', table_name, id), 1, 100,
       run_id, run_id, case when not unmerged then run_id end, started, started + interval '4 s',
       case when not unmerged then started + interval '12 s' end
from window_of order by id;
select setval(pg_get_serial_sequence('control.ledger', 'window_id'), (select max(window_id) from control.ledger));

-- The factory's own history: the run, and a run below it for each table.
insert into adf.pipeline_runs (run_id, pipeline, status, parameters, trigger, run_group_id, started_at, ended_at,
    seconds, error)
select run_id, 'ingest', case when failed then 'Failed' else 'Succeeded' end, '{}', '{"TriggerName": "every_few_minutes"}',
       run_id, started, started + seconds * interval '1 s', seconds,
       case when failed then '{"message": "Operation on target Load tables failed: trip: no route to the source"}'::json
       end
from hw_run;
insert into adf.pipeline_runs (run_id, pipeline, status, parameters, parent, run_group_id, started_at, ended_at, seconds)
select md5('child ' || i || table_name)::uuid::text, 'load_table', 'Succeeded', json_build_object('table', table_name),
       json_build_object('run_id', run_id, 'activity_run_id', md5('activity ' || i || table_name)::uuid::text),
       run_id, started + interval '3 s', started + interval '13 s', 10
from hw_run cross join control.contract;
insert into adf.activity_runs (activity_run_id, run_id, name, type, path, status, attempt, item, input, output,
    row_count, started_at, ended_at, seconds, position)
select md5('activity ' || i || table_name)::uuid::text, run_id, 'Load table', 'ExecutePipeline',
       format('Load tables[%s]/Load table', place), 'Succeeded', 1, json_build_object('table', table_name),
       json_build_object('parameters', json_build_object('table', table_name)),
       json_build_object('pipelineName', 'load_table'), null, started + interval '3 s', started + interval '13 s', 10, place
from hw_run cross join (select table_name, row_number() over (order by table_name) - 1 as place from control.contract) c
union all
select md5('copy ' || i || table_name)::uuid::text, md5('child ' || i || table_name)::uuid::text, 'Copy window', 'Copy',
       'Copy window', 'Succeeded', 1, null, '{"source": {"type": "AzurePostgreSqlSource"}}',
       json_build_object('rowsCopied', 100 + i % 900), 100 + i % 900, started + interval '4 s',
       started + interval '12 s', 8, 0
from hw_run cross join control.contract
union all
select md5('step ' || i || name)::uuid::text, run_id, name, type, name,
       case when failed and name = 'Finish run' then 'Failed' else 'Succeeded' end, 1, null, null, null, null,
       started + begins * interval '1 s', started + (begins + lasts) * interval '1 s', lasts, place
from hw_run cross join (values ('Begin run', 'Lookup', 1.0, 1.4, 10), ('Load tables', 'ForEach', 2.6, 11.0, 11),
    ('Make plan', 'Lookup', 13.8, 0.6, 12), ('Write plan', 'Copy', 14.5, 1.2, 13),
    ('Merge windows', 'DatabricksJob', 16.0, 11.5, 14), ('Settle', 'Lookup', 27.6, 0.9, 15),
    ('Finish run', 'Lookup', 28.6, 0.7, 16)) as step (name, type, begins, lasts, place);
analyze;
