-- Claiming: the windows that a run copies now.

-- The windows of a table for this run to copy: unfinished ones first, with the bounds that they have, then what is
-- new. `p_bounds` is the row that the bounds query answered. One conditional UPDATE claims them: only what is
-- nobody's, expired or this run's own, each under its next attempt. A landed window whose contract has changed
-- since is read again, so that a plan never holds two contracts of a table.
-- Asked again for the same run, it answers the same windows under their next attempt.
create or replace function control.open_windows(p_run text, p_table text, p_kind text, p_bounds jsonb)
    returns table (window_id bigint, attempt int, path text, file text, query text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_run      control.run := control.require_run(p_run, p_table);
    v_contract control.contract;
begin
    if p_kind is distinct from v_run.kind then
        raise exception 'run % is of kind %, not %', p_run, v_run.kind, p_kind;
    end if;
    -- One opener a table at a time.
    select * into strict v_contract from control.contract c where c.table_name = p_table for no key update;
    perform control.require_columns(p_run, v_contract, (p_bounds ->> 'columns')::jsonb);
    if not control.is_canonical(v_contract.cursor_kind, p_bounds ->> 'high') then  -- null: there is none
        raise exception 'the source of % answered a bound that is no % cursor: %',
            p_table, v_contract.cursor_kind, p_bounds ->> 'high';
    end if;
    update control.run_table t
    set held_by = p_bounds ->> 'held_by', held_seconds = (p_bounds ->> 'held_seconds')::numeric,
        as_of = ((p_bounds ->> 'as_of')::timestamp at time zone 'UTC')
    where t.run_id = p_run and t.table_name = p_table;
    if p_kind = 'live' then
        perform control.open_live(p_run, v_contract, p_bounds);
        perform control.keep_candidate(v_contract, p_bounds);
        perform control.open_outside(p_run, v_contract, (p_bounds ->> 'outside')::jsonb);
    elsif p_kind = 'reload' then
        perform control.open_reload(p_run, v_contract, p_bounds);
    else
        perform control.open_request(p_run, v_contract, p_bounds);
    end if;
    return query
        with claimed as (
            update control.ledger l
            set status = 'open', attempt = l.attempt + 1, claimed_by = p_run, lease_until = control.lease_end(),
                contract_version = v_contract.version,
                path = null, files = null, rows = null, landed_at = null, landed_by = null
            where l.window_id in (
                    select w.window_id from control.ledger w
                    where w.table_name = p_table and (w.kind = p_kind or (p_kind = 'live' and control.is_of_live(w)))
                      -- Keys, or a whole table, that another run landed tell of a time that is past, and what is not
                      -- among them would be marked as gone: they are read again.
                      and (w.status = 'open' or (w.status = 'landed' and (w.contract_version <> v_contract.version
                              or (w.kind in ('reconcile', 'reload') and w.landed_by <> p_run))))
                      and (w.claimed_by is null or w.claimed_by = p_run or w.lease_until < clock_timestamp())
                    order by w.window_id limit control.setting_of('windows_per_table')::int)
              and l.status <> 'merged'
              and (l.claimed_by is null or l.claimed_by = p_run or l.lease_until < clock_timestamp())
            returning l.*)
        select c.window_id, c.attempt, p_table || '/' || c.window_id || '/' || c.attempt, p_table || '.parquet',
               case c.kind when 'quarantine' then format(v_contract.outside_template)
                   when 'reconcile' then control.keys_query(c, p_run)
                   when 'reload' then format(v_contract.extract_template, c.low, control.reload_end(c, v_contract))
                   else format(v_contract.extract_template, c.low, c.high) end
        from claimed c order by c.window_id;
    if p_kind = 'reconcile' then
        perform control.note_key_snapshots(p_run, p_table);
    end if;
end $$;

-- How far a window of a reload reads. The last one reads on to what is newest, though its range ends at the watermark:
-- a row that was written meanwhile would not be found at all, and be taken for gone until the next live run. What is
-- more than a day ahead lies in no window. Rows without a key would be read twice, by the next live run too.
create or replace function control.reload_end(p_window control.ledger, p_contract control.contract) returns text
    language sql stable set search_path = pg_catalog, control, pg_temp as $$
    select case
        when p_contract.plan::jsonb -> 'primary_key' = '[]' or exists (
            select 1 from control.ledger l
            where l.table_name = p_window.table_name and l.kind = 'reload' and l.request = p_window.request
              and l.window_id > p_window.window_id) then p_window.high
        when p_window.cursor_kind = 'integer' then '9223372036854775807'
        when p_window.cursor_kind = 'timestamp' then greatest(p_window.high collate "C",
            to_char(clock_timestamp() at time zone 'UTC' + interval '23 hours', 'YYYY-MM-DD HH24:MI:SS.US') collate "C")
        else p_window.high end;
$$;

revoke all on all functions in schema control from public;
grant execute on function control.open_windows(text, text, text, jsonb) to highwater_factory;
