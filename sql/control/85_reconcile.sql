-- What a comparison of keys is to do, and what it found.

-- What the job found in each table, and what it cost.
create table if not exists control.reconciled (
    run_id      text not null references control.run,
    table_name  text not null references control.contract,
    at          timestamptz not null default clock_timestamp(),
    keys        bigint,     -- read from the source
    compared    bigint,     -- rows of silver that were looked for among them
    gone        bigint,     -- of those, not found
    marked      bigint,     -- of those, marked as removed: all or none
    revived     bigint,     -- marked rows whose key is there after all
    missed      bigint,     -- keys below the watermark that no window has read
    missed_low  text,
    missed_high text,
    seconds     numeric,
    error       text,
    primary key (run_id, table_name)
);
create index if not exists reconciled_newest on control.reconciled (table_name, at desc);

-- The plan of a run: that of a merge, with what was merged before the keys were read.
drop function if exists control.reconcile_plan(text);
create function control.reconcile_plan(p_run text)
    returns table (run_id text, batch_id bigint, table_name text, contract_version text, contract text,
                   window_id bigint, attempt int, kind text, low text, high text, path text, files int, rows bigint,
                   allow_share double precision, allow_rows bigint,
                   newest bigint, unmerged text, silver_version bigint)
    language sql stable security definer set search_path = pg_catalog, control, pg_temp as $$
    select p.*, k.newest, array_to_string(k.unmerged, ','), k.silver_version
    from control.plan(p_run) p
    join control.key_snapshot k using (window_id, attempt)
    order by p.table_name, p.window_id;
$$;

-- Settles a run as a merge's is, and keeps what the receipts say of the comparison.
create or replace function control.settle_reconcile(p_run text, p_receipts jsonb) returns int
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_settled int := control.settle(p_run, p_receipts);
begin
    insert into control.reconciled (run_id, table_name, keys, compared, gone, marked, revived,
        missed, missed_low, missed_high, seconds, error)
    select p_run, r.table_name, r.landed, r.compared, r.gone, r.deleted, r.revived,
           r.missed, r.missed_low, r.missed_high, r.seconds, left(r.error, 4000)
    from jsonb_to_recordset(coalesce(p_receipts, '[]')) r (run_id text, table_name text, landed bigint,
        compared bigint, gone bigint, deleted bigint, revived bigint, missed bigint, missed_low text,
        missed_high text, seconds numeric, error text)
    join control.run_table t on t.run_id = p_run and t.table_name = r.table_name
    where r.run_id = p_run
    on conflict do nothing;
    return v_settled;
end $$;

-- Each comparison, newest first: what it read, what it found, what it cost.
create or replace view control.reconcile_report as
select c.run_id, r.started, r.status as run_status, c.table_name, c.keys, c.compared, c.gone, c.marked, c.revived,
       c.missed, c.missed_low, c.missed_high, t.windows, t.load_seconds, c.seconds as compare_seconds, c.error
from control.reconciled c
join control.run r using (run_id)
join control.run_table t using (run_id, table_name)
order by r.batch_id desc, c.table_name;

revoke all on all functions in schema control from public;
grant execute on function control.reconcile_plan(text), control.settle_reconcile(text, jsonb) to highwater_factory;
grant select on control.reconcile_report to highwater_factory;
