-- Runs of the pipelines, and what each did to each table.

create table if not exists control.run (
    run_id   text primary key check (run_id ~ '^[A-Za-z0-9_-]{1,100}$'),  -- it names folders of the lake
    batch_id bigint generated always as identity unique,
    pipeline text not null,
    kind     text not null check (kind in ('live', 'backfill', 'reload', 'quarantine', 'reconcile', 'release')),
    started  timestamptz not null default clock_timestamp(),
    ended    timestamptz,
    status   text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'abandoned')),
    message  text,
    check ((status = 'running') = (ended is null))
);
-- A database of an earlier version knows fewer kinds.
do $kinds$
begin
    if not exists (select 1 from pg_constraint c where c.conrelid = 'control.run'::regclass
                   and c.conname = 'run_kind_check' and pg_get_constraintdef(c.oid) like '%release%') then
        alter table control.run drop constraint if exists run_kind_check, add constraint run_kind_check
            check (kind in ('live', 'backfill', 'reload', 'quarantine', 'reconcile', 'release'));
    end if;
end $kinds$;
create index if not exists run_running on control.run (pipeline) where status = 'running';

create table if not exists control.run_table (
    run_id        text not null references control.run,
    table_name    text not null references control.contract,
    batch_id      bigint not null,
    status        text not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
    begun_at      timestamptz,
    -- what the source said: how far its data is complete, and who holds the watermark back
    as_of         timestamptz,
    held_by       text,
    held_seconds  numeric,
    -- what was read
    windows       int not null default 0,
    rows          bigint not null default 0,
    load_seconds  numeric,
    -- what the job's receipt says
    landed        bigint,
    duplicates    bigint,
    superseded    bigint,
    quarantined   bigint,
    inserted      bigint,
    updated       bigint,
    deleted       bigint,
    merge_seconds numeric,
    versions      jsonb,
    -- no unmerged window was left when the run ended
    complete      boolean,
    error         text,
    primary key (run_id, table_name),
    check ((status = 'failed') = (error is not null))
);
-- rows whose cursor lies in no window, as the source counted them: how many, and by name
alter table control.run_table add column if not exists outside_rows bigint;
alter table control.run_table add column if not exists outside text;
-- what the source's columns are otherwise than the contract says, and does no harm
alter table control.run_table add column if not exists drift text;
create index if not exists run_table_newest on control.run_table (table_name, batch_id desc);
create index if not exists run_table_fresh on control.run_table (table_name, as_of desc)
    where status = 'succeeded' and complete;
create index if not exists run_table_failed on control.run_table (table_name, batch_id desc) where error is not null;

-- The run, which must be under way. A run that was overtaken learns it here, whatever step it wakes up in. It stays
-- under way until the step ends: the next run of its pipeline, which releases what this one claims, waits for that. A
-- statement outlives the client that was killed over it, and its claim would otherwise be nobody's to release.
create or replace function control.require_run(p_run text, p_table text default null) returns control.run
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_run control.run;
begin
    select * into v_run from control.run r where r.run_id = p_run for share;
    if not found then
        raise exception 'run % was not begun', p_run using hint = 'Start the pipeline again.';
    elsif v_run.status <> 'running' then
        raise exception 'run % is over: it %', p_run,
                case v_run.status when 'abandoned' then 'was abandoned when a later run of its pipeline began'
                    else v_run.status end
            using hint = 'Nothing is lost: a later run finishes what it left.';
    elsif p_table is not null
        and not exists (select 1 from control.run_table t where t.run_id = p_run and t.table_name = p_table) then
        raise exception 'table % is not part of run %', p_table, p_run;
    end if;
    return v_run;
end $$;

-- Records the error of a table in a run. The first one is the cause, those that follow from it are left out.
create or replace function control.record_error(p_run text, p_table text, p_error text) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    update control.run_table t
    set error = left(coalesce(nullif(btrim(p_error), ''), 'failed without a message'), 4000), status = 'failed'
    where t.run_id = p_run and t.table_name = p_table and t.error is null;
$$;

revoke all on all functions in schema control from public;
