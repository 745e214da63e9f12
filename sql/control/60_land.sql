-- What a Copy reports.

-- A window has landed. Returns its status: one without rows has nothing to merge and is closed at once, except a
-- snapshot's and a range of keys, which say that every row is gone. Reported again by the same attempt, it answers the same.
create or replace function control.landed(p_window bigint, p_attempt int, p_run text, p_files int, p_rows bigint)
    returns text
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_window control.ledger;
    v_empty  boolean;
begin
    select * into v_window from control.ledger l where l.window_id = p_window for no key update;
    if v_window.attempt = p_attempt and v_window.landed_by = p_run and v_window.rows = p_rows
        and v_window.files in (0, p_files) then
        return v_window.status;
    end if;
    v_window := control.require_claim(p_window, p_attempt, p_run);
    if v_window.status <> 'open' then
        raise exception 'window % of % has landed already, with % rows in % files',
            p_window, v_window.table_name, v_window.rows, v_window.files;
    elsif p_files is null or p_rows is null or p_files < 0 or p_rows < 0 or (p_files = 0 and p_rows > 0) then
        raise exception 'window % of %: % rows in % files cannot be', p_window, v_window.table_name, p_rows, p_files;
    end if;
    v_empty := p_rows = 0 and v_window.kind <> 'reconcile'
        and (v_window.cursor_kind <> 'snapshot' or v_window.kind = 'quarantine');
    update control.ledger l
    set status = case when v_empty then 'merged' else 'landed' end,
        path = case when not v_empty then v_window.table_name || '/' || p_window || '/' || p_attempt end,
        files = case when v_empty then 0 else p_files end, rows = p_rows,
        landed_at = clock_timestamp(), landed_by = p_run,
        merged_at = case when v_empty then clock_timestamp() end, merged_by = case when v_empty then p_run end,
        claimed_by = case when not v_empty then p_run end,
        lease_until = case when not v_empty then control.lease_end() end
    where l.window_id = p_window;
    update control.run_table t
    set windows = t.windows + 1, rows = t.rows + p_rows,
        load_seconds = round(extract(epoch from clock_timestamp() - t.begun_at)::numeric, 3)
    where t.run_id = p_run and t.table_name = v_window.table_name;
    return case when v_empty then 'merged' else 'landed' end;
end $$;

-- A Copy failed: the next run may have its window. False when the window had landed after all, and stays so.
create or replace function control.release(p_window bigint, p_attempt int, p_run text, p_error text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_window control.ledger;
begin
    select * into v_window from control.ledger l where l.window_id = p_window for no key update;
    if v_window.attempt = p_attempt and (v_window.landed_by = p_run
            or (v_window.status = 'open' and v_window.claimed_by is null and exists (
                select 1 from control.run_table t
                where t.run_id = p_run and t.table_name = v_window.table_name and t.error is not null))) then
        return v_window.status = 'open';
    end if;
    v_window := control.require_claim(p_window, p_attempt, p_run);
    update control.ledger l set claimed_by = null, lease_until = null where l.window_id = p_window;
    perform control.record_error(p_run, v_window.table_name, p_error);
    return true;
end $$;

-- A step of a table failed: its windows wait for the next run, and the run ends as failed. Where the source could not
-- answer, `p_columns` is what its columns are otherwise than the contract says: the cause, if one of them is gone.
drop function if exists control.table_failed(text, text, text);
create or replace function control.table_failed(p_run text, p_table text, p_error text, p_columns text default null)
    returns void
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
begin
    perform control.require_run(p_run, p_table);
    perform control.record_error(p_run, p_table, coalesce(
        (select d.stop from control.drift(p_table, nullif(p_columns, '')::jsonb) d), p_error));
end $$;

revoke all on all functions in schema control from public;
grant execute on function control.landed(bigint, int, text, int, bigint), control.release(bigint, int, text, text),
    control.table_failed(text, text, text, text) to highwater_factory;
