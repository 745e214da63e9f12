-- Maintenance: which tables a run looks after, what its job did, and what of landing may go.
--
-- Its runs are kept apart from those of the ledger: they claim no window, free none, and take no batch's number.

create table if not exists control.maintenance (
    run_id   text primary key check (run_id ~ '^[A-Za-z0-9_-]{1,100}$'),  -- it names folders of the lake
    pipeline text not null,
    tables   text[] not null,
    started  timestamptz not null default clock_timestamp(),
    ended    timestamptz,
    status   text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'abandoned')),
    message  text,
    check ((status = 'running') = (ended is null))
);

-- One row a Delta table of a run, as its receipt says.
create table if not exists control.maintenance_table (
    run_id       text not null references control.maintenance,
    table_name   text not null,
    container    text not null,
    delta_table  text not null,
    status       text not null check (status in ('done', 'absent', 'postponed', 'failed')),
    optimized    boolean,
    files_before bigint,
    files_after  bigint,
    bytes_before bigint,
    bytes_after  bigint,
    seconds      numeric,
    error        text,
    recorded_at  timestamptz not null default clock_timestamp(),
    primary key (run_id, container, delta_table),
    check ((status = 'failed') = (error is not null))
);
create index if not exists maintenance_table_done on control.maintenance_table (table_name, recorded_at desc)
    where status = 'done';

-- Folders of landing that were swept, so that none is looked for twice.
create table if not exists control.swept (
    path   text primary key,
    run_id text not null references control.maintenance,
    at     timestamptz not null default clock_timestamp()
);

create or replace function control.require_maintenance(p_run text) returns control.maintenance
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_run control.maintenance;
begin
    select * into v_run from control.maintenance m where m.run_id = p_run;
    if not found then
        raise exception 'maintenance run % was not begun', p_run using hint = 'Start the pipeline again.';
    elsif v_run.status <> 'running' then
        raise exception 'maintenance run % is over: %', p_run, v_run.status;
    end if;
    return v_run;
end $$;

-- Registers a run and answers how many tables it has. `p_tables` is '*' or names with commas between.
-- The pipeline runs once at a time, so an earlier run that is still open died. Asked again, it answers the same.
create or replace function control.begin_maintenance(p_run text, p_pipeline text, p_tables text)
    returns table (tables int)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_wanted text[] := array(
        select distinct btrim(t) from unnest(string_to_array(p_tables, ',')) t where btrim(t) <> '');
    v_known  text[] := array(select c.table_name from control.contract c where c.enabled order by 1);
begin
    perform pg_advisory_xact_lock(hashtextextended('highwater begin_maintenance ' || p_pipeline, 0));
    if exists (select 1 from control.maintenance m where m.run_id = p_run) then
        return query select cardinality((control.require_maintenance(p_run)).tables);
        return;
    end if;
    if v_wanted = array['*'] then
        v_wanted := v_known;
    elsif not v_wanted <@ v_known or v_wanted = '{}' then
        raise exception 'no such table: %', coalesce(nullif(array_to_string(
                array(select w from unnest(v_wanted) w where w <> all (v_known)), ', '), ''), '(none named)')
            using hint = 'Tables with a contract: ' || array_to_string(v_known, ', ');
    end if;
    update control.maintenance m
    set status = 'abandoned', ended = clock_timestamp(), message = 'run ' || p_run || ' began'
    where m.pipeline = p_pipeline and m.status = 'running';
    insert into control.maintenance (run_id, pipeline, tables) values (p_run, p_pipeline, v_wanted);
    return query select cardinality(v_wanted);
end $$;

-- The plan: one row a contract. `place` orders them: who waited longest comes first, in case time runs out.
create or replace function control.maintenance_plan(p_run text, p_retention_hours int, p_minutes int)
    returns table (run_id text, table_name text, contract_version text, contract text, place int,
                   retention_hours int, minutes int)
    language sql volatile security definer set search_path = pg_catalog, control, pg_temp as $$
    select m.run_id, c.table_name, c.version, c.plan,
           row_number() over (order by last.at nulls first, c.table_name)::int, p_retention_hours, p_minutes
    from control.require_maintenance(p_run) m
    join control.contract c on c.table_name = any (m.tables)
    left join lateral (
        select max(t.recorded_at) as at from control.maintenance_table t
        where t.table_name = c.table_name and t.status = 'done') last on true
    order by 5;
$$;

-- Folders of attempts that nothing reads any more: of windows merged for so many days, which stay merged, each
-- attempt but the one that was merged. What an unfinished window has is no concern of this, and a copy that a dead
-- run left behind has long reached its time limit. At most a thousand a run; the next takes others.
create or replace function control.sweepable(p_run text, p_days int) returns table (path text)
    language sql volatile security definer set search_path = pg_catalog, control, pg_temp as $$
    select attempt.path
    from control.require_maintenance(p_run) m
    cross join control.ledger l
    cross join lateral (
        select l.table_name || '/' || l.window_id || '/' || a as path from generate_series(1, l.attempt) a) attempt
    where l.status = 'merged' and l.merged_at < clock_timestamp() - make_interval(days => greatest(p_days, 1))
      and (l.attempt > 1 or l.path is null) and attempt.path is distinct from l.path
      and not exists (select 1 from control.swept s where s.path = attempt.path)
    order by l.window_id, 1 limit 1000;
$$;

-- A folder is gone, or was never there.
create or replace function control.sweep_done(p_run text, p_path text) returns void
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
begin
    perform control.require_maintenance(p_run);
    insert into control.swept (path, run_id) values (p_path, p_run) on conflict do nothing;
end $$;

-- Plans and receipts written before this time, in ISO 8601, are of runs that are over since so many days.
create or replace function control.sweep_before(p_run text, p_days int) returns table (before text)
    language sql volatile security definer set search_path = pg_catalog, control, pg_temp as $$
    select to_char(least(
            m.started - make_interval(days => greatest(p_days, 1)),
            (select min(r.started) from control.run r where r.status = 'running')
        ) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    from control.require_maintenance(p_run) m;
$$;

-- Records the job's receipts, one a Delta table. Returns how many were of this run.
create or replace function control.maintained(p_run text, p_receipts jsonb) returns int
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_count int;
begin
    perform control.require_maintenance(p_run);
    insert into control.maintenance_table (run_id, table_name, container, delta_table, status, optimized,
        files_before, files_after, bytes_before, bytes_after, seconds, error)
    select p_run, r.table_name, r.container, r.delta_table, r.status, r.optimized,
           r.files_before, r.files_after, r.bytes_before, r.bytes_after, r.seconds,
           case r.status when 'failed' then left(coalesce(nullif(btrim(r.error), ''), 'failed without a message'), 4000)
           end
    from jsonb_to_recordset(coalesce(p_receipts, '[]')) r (run_id text, table_name text, container text,
        delta_table text, status text, optimized boolean, files_before bigint, files_after bigint,
        bytes_before bigint, bytes_after bigint, seconds numeric, error text)
    where r.run_id = p_run
    on conflict (run_id, container, delta_table) do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end $$;

-- Ends a run: how many tables failed, and why. A table without a receipt counts. Asked again, it answers the same.
create or replace function control.finish_maintenance(p_run text) returns table (failed int, message text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_run     control.maintenance;
    v_failed  int;
    v_message text;
begin
    select * into v_run from control.maintenance m where m.run_id = p_run for no key update;
    if not found then
        return query select 1, format('maintenance run %s was not begun', p_run);
        return;
    elsif v_run.status = 'abandoned' then
        return query select 1, format('maintenance run %s was abandoned: %s', p_run, v_run.message);
        return;
    end if;
    select count(*), coalesce(left(string_agg(w.line, '; ' order by w.line), 2000), '') into v_failed, v_message
    from (select t.container || '/' || t.delta_table || ': ' || t.error as line
          from control.maintenance_table t where t.run_id = p_run and t.status = 'failed'
          union all
          select n || ': the job left no receipt' from unnest(v_run.tables) n
          where not exists (select 1 from control.maintenance_table t
                            where t.run_id = p_run and t.table_name = n)) w;
    update control.maintenance m
    set status = case v_failed when 0 then 'succeeded' else 'failed' end,
        ended = clock_timestamp(), message = nullif(v_message, '')
    where m.run_id = p_run and m.status = 'running';
    return query select v_failed, v_message;
end $$;

-- Each table of each maintenance run, newest first.
create or replace view control.maintenance_report as
select m.run_id, m.pipeline, m.started, m.ended, m.status as run_status, m.message,
       t.table_name, t.container, t.delta_table, t.status, t.optimized, t.files_before, t.files_after,
       t.bytes_before, t.bytes_after, t.seconds, t.error
from control.maintenance m left join control.maintenance_table t using (run_id)
order by m.started desc, t.container, t.delta_table;

-- The runs of every pipeline that keeps a record of its own, for who may see views only.
create or replace view control.every_run as
select r.run_id, r.pipeline, r.started, r.ended, r.status, r.message from control.run_list r
union all
select m.run_id, m.pipeline, m.started, m.ended, m.status, m.message from control.maintenance m;

revoke all on all functions in schema control from public;
grant execute on function control.begin_maintenance(text, text, text), control.maintenance_plan(text, int, int),
    control.sweepable(text, int), control.sweep_done(text, text), control.sweep_before(text, int),
    control.maintained(text, jsonb), control.finish_maintenance(text) to highwater_factory;
grant select on control.maintenance_report, control.every_run to highwater_factory;
