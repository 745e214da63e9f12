-- The history of the factory's runs, as the service keeps it itself on Azure. Made and read by the owner of the
-- control database alone: the pipelines' own role has no business here.
create schema if not exists adf;

-- json, not jsonb: an output is given back as it was, the order of its keys included.
create table if not exists adf.pipeline_runs (
    run_id text primary key,
    pipeline text not null,
    status text not null,
    parameters json not null,
    trigger json,
    parent json,
    run_group_id text not null,
    rerun_of text,
    started_at timestamptz not null,
    ended_at timestamptz,
    seconds double precision,
    error json,
    return_value json,
    owner json
);
create index if not exists pipeline_runs_started_at on adf.pipeline_runs (started_at desc);
create index if not exists pipeline_runs_parent on adf.pipeline_runs ((parent ->> 'run_id'));
create index if not exists pipeline_runs_group on adf.pipeline_runs (run_group_id);

create table if not exists adf.activity_runs (
    activity_run_id text primary key,
    run_id text not null references adf.pipeline_runs on delete cascade,
    name text not null,
    type text not null,
    path text not null,
    status text not null,
    attempt int not null,
    item json,
    input json,
    output json,
    error json,
    warnings json,
    row_count bigint,
    reused_from text,
    started_at timestamptz not null,
    ended_at timestamptz,
    seconds double precision,
    position bigint not null
);
create index if not exists activity_runs_run on adf.activity_runs (run_id, position);

-- A window of a tumbling window trigger, from the moment that it is first considered. The primary key is what
-- keeps a window from being run twice.
create table if not exists adf.trigger_windows (
    trigger_name text not null,
    window_start timestamptz not null,
    window_end timestamptz not null,
    status text not null
        check (status in ('WaitingOnDependency', 'Running', 'Succeeded', 'Failed', 'Cancelled')),
    run_id text,
    attempt int not null default 0,
    message text,
    since timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (trigger_name, window_start)
);
create index if not exists trigger_windows_run on adf.trigger_windows (run_id);
