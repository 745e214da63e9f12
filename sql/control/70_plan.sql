-- What the job merges.

-- Claims the landed windows of the run's tables that did not fail in it, also those that a dead run left, and
-- returns how many there are. A window taken over gets its next attempt; its path stays where it landed.
create or replace function control.make_plan(p_run text) returns table (windows int)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_run control.run := control.require_run(p_run);
begin
    update control.ledger l
    set attempt = l.attempt + (l.claimed_by is distinct from p_run)::int, claimed_by = p_run,
        lease_until = control.lease_end()
    from control.run_table t
    join control.contract c on c.table_name = t.table_name
    where t.run_id = p_run and t.error is null and t.begun_at is not null
      and l.table_name = t.table_name and (l.kind = v_run.kind or (v_run.kind = 'live' and control.is_of_live(l)))
      and l.status = 'landed' and l.contract_version = c.version
      -- What a dead run landed of these is read again instead.
      and (l.kind not in ('reconcile', 'reload') or l.landed_by = p_run)
      and (l.claimed_by is null or l.claimed_by = p_run or l.lease_until < clock_timestamp());
    return query select count(*)::int from control.plan(p_run);
end $$;

-- The plan of a run: one row a window, with all that the job needs of the ledger and of the contract, and how many of
-- the table's rows may be gone at the source without being asked about.
drop function if exists control.plan(text);  -- an earlier version has fewer columns
create function control.plan(p_run text)
    returns table (run_id text, batch_id bigint, table_name text, contract_version text, contract text,
                   window_id bigint, attempt int, kind text, low text, high text, path text, files int, rows bigint,
                   allow_share double precision, allow_rows bigint)
    language sql stable security definer set search_path = pg_catalog, control, pg_temp as $$
    select r.run_id, r.batch_id, l.table_name, l.contract_version, c.plan,
           l.window_id, l.attempt, l.kind, l.low, l.high, l.path, l.files, l.rows,
           coalesce(q.allow_share, control.setting_of('gone_share'))::double precision,
           control.setting_of('gone_rows')::bigint
    from control.run r
    join control.run_table t on t.run_id = r.run_id and t.error is null
    join control.ledger l on l.claimed_by = r.run_id and l.table_name = t.table_name and l.status = 'landed'
    join control.contract c on c.table_name = l.table_name and c.version = l.contract_version
    left join control.request q on q.run_id = r.run_id and q.table_name = l.table_name
    where r.run_id = p_run and r.status = 'running'
    order by l.table_name, l.window_id;
$$;

revoke all on all functions in schema control from public;
grant execute on function control.make_plan(text), control.plan(text) to highwater_factory;
