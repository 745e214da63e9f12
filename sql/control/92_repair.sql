-- What may be done about breaches without harm, and doing it.

-- One row a breach that the database shows, a window that the operator names (with commas between: `ledger check`
-- finds those whose files are missing, unreadable or short), and a table of which keys were found that no window ever
-- read. `action` is what is safe: release, read_again, backfill, or null where a person must decide; `command` does
-- what needs a run. With `p_apply` claims are released and windows opened again, and `done` says so. What a run that
-- lives has claimed is left to it.
create or replace function control.repair(p_apply boolean, p_windows text)
    returns table (breach text, table_name text, window_id bigint, detail text, action text, command text,
                   done boolean)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_named bigint[] := array(select btrim(w)::bigint from unnest(string_to_array(p_windows, ',')) w
                              where btrim(w) <> '');
    v_found record;
    v_window control.ledger;
    v_lives boolean;
begin
    for v_found in
        select c.breach, c.table_name, c.window_id, c.detail, c.repair as action from control.ledger_check() c
        union all
        select 'named', l.table_name, n, format('%s at attempt %s, %s rows', l.status, l.attempt, l.rows),
               case l.status when 'merged' then 'backfill' else 'read_again' end
        from unnest(v_named) n left join control.ledger l on l.window_id = n
        union all
        select 'rows never read', m.table_name, null,
               format('run %s found %s keys of which no window knows, from %s to %s',
                      m.run_id, m.missed, m.missed_low, m.missed_high), 'backfill'
        from (select distinct on (r.table_name) r.* from control.reconciled r
              where r.missed is not null order by r.table_name, r.at desc) m
        where m.missed > 0 and not exists (
            select 1 from control.ledger l
            where l.table_name = m.table_name and l.kind in ('backfill', 'reload') and l.status = 'merged'
              and l.merged_at > m.at and not control.precedes(l.cursor_kind, m.missed_low, l.low)
              and control.precedes(l.cursor_kind, m.missed_high, l.high))
        order by 2, 3, 1
    loop
        breach := v_found.breach; table_name := v_found.table_name; window_id := v_found.window_id;
        detail := v_found.detail; action := v_found.action; command := null; done := false;
        select * into v_window from control.ledger l where l.window_id = v_found.window_id for no key update;
        v_lives := exists (select 1 from control.run r where r.run_id = v_window.claimed_by and r.status = 'running')
            and coalesce(v_window.lease_until > clock_timestamp(), false);
        if v_window.window_id is null and v_found.window_id is not null then
            detail := 'there is no such window'; action := null;
        elsif action in ('release', 'read_again') and v_lives then
            detail := format('%s; run %s is at work on it until %s', detail, v_window.claimed_by, v_window.lease_until);
            action := null;
        elsif action = 'read_again' and v_window.status = 'merged' then
            action := 'backfill';
        end if;
        if action = 'backfill' then
            if table_name <> all (control.request_tables('backfill', '*')) then
                action := 'reload';
                command := format('highwater run reload --param tables=%s', table_name);
            elsif v_window.window_id is not null then
                command := format('highwater backfill %s --from "%s" --to "%s"', table_name, v_window.low, v_window.high);
            else
                command := (
                    select format('highwater backfill %s --from "%s"', table_name, r.missed_low)
                    from control.reconciled r where r.table_name = v_found.table_name and r.missed is not null
                    order by r.at desc limit 1);
            end if;
        elsif p_apply and action = 'release' then
            update control.ledger l set claimed_by = null, lease_until = null where l.window_id = v_window.window_id;
            done := true;
        elsif p_apply and action = 'read_again' and v_window.status = 'landed' then
            update control.ledger l
            set status = 'open', attempt = l.attempt + 1, claimed_by = null, lease_until = null,
                path = null, files = null, rows = null, landed_at = null, landed_by = null
            where l.window_id = v_window.window_id;
            done := true;
        elsif action = 'read_again' and v_window.status = 'open' then
            done := true;  -- the next run reads it as it is
        end if;
        return next;
    end loop;
end $$;

revoke all on all functions in schema control from public;
grant execute on function control.repair(boolean, text) to highwater_factory;
