-- The end of a run: what the job's receipts say, and what became of each table.

-- Moves to merged exactly the windows of merged receipts whose attempt and claim are still current, and records the
-- counts of each table. A failed receipt records its error and releases, and what it could not read of what landed is
-- open again, for the next run to read from the source; a table with both was tried again by the job, and what was
-- merged counts. Returns how many of the named windows are merged by this run.
create or replace function control.settle(p_run text, p_receipts jsonb) returns int
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_receipt jsonb;
    v_named   jsonb;
    v_settled bigint[];
    v_total   int := 0;
begin
    perform 1 from control.run r where r.run_id = p_run for no key update;
    if not found then
        raise exception 'run % was not begun', p_run;
    end if;
    for v_receipt in
        select r from jsonb_array_elements(coalesce(p_receipts, '[]')) r
        where r ->> 'run_id' = p_run
        order by r ->> 'table_name', r ->> 'status' desc  -- merged before failed
    loop
        perform control.record_rules(p_run, v_receipt);
        if v_receipt ->> 'status' = 'merged' then
            -- A reader of JSON lines may hand a nested array on as text.
            v_named := case jsonb_typeof(v_receipt -> 'windows') when 'string' then (v_receipt ->> 'windows')::jsonb
                           else v_receipt -> 'windows' end;
            update control.ledger l
            set status = 'merged', merged_at = clock_timestamp(), merged_by = p_run,
                claimed_by = null, lease_until = null
            from jsonb_to_recordset(v_named) n (window_id bigint, attempt int)
            where l.window_id = n.window_id and l.attempt = n.attempt and l.table_name = v_receipt ->> 'table_name'
              and l.status = 'landed' and l.claimed_by = p_run;
            v_settled := array(
                select l.window_id from control.ledger l
                join jsonb_to_recordset(v_named) n (window_id bigint, attempt int) using (window_id, attempt)
                where l.status = 'merged' and l.merged_by = p_run and l.table_name = v_receipt ->> 'table_name');
            v_total := v_total + cardinality(v_settled);
            perform control.record_counts(p_run, v_receipt);
            if cardinality(v_settled) < jsonb_array_length(v_named) then
                perform control.record_error(p_run, v_receipt ->> 'table_name', format(
                    'merged windows that it no longer claimed: %s. Their new owner merges them again.',
                    (select string_agg(n.window_id::text, ', ') from jsonb_to_recordset(v_named) n (window_id bigint)
                     where n.window_id <> all (v_settled))));
            end if;
        elsif not exists (select 1 from jsonb_array_elements(p_receipts) m
                          where m ->> 'run_id' = p_run and m ->> 'status' = 'merged'
                            and m ->> 'table_name' = v_receipt ->> 'table_name') then
            perform control.record_error(p_run, v_receipt ->> 'table_name',
                coalesce(v_receipt ->> 'error', 'the job failed without a message'));
            v_named := case jsonb_typeof(v_receipt -> 'unread') when 'string' then (v_receipt ->> 'unread')::jsonb
                           when 'array' then v_receipt -> 'unread' else '[]' end;
            update control.ledger l
            set status = 'open', attempt = l.attempt + 1, path = null, files = null, rows = null, landed_at = null,
                landed_by = null
            where l.claimed_by = p_run and l.table_name = v_receipt ->> 'table_name' and l.status = 'landed'
              and v_named @> to_jsonb(l.window_id);
            update control.ledger l set claimed_by = null, lease_until = null
            where l.claimed_by = p_run and l.table_name = v_receipt ->> 'table_name';
        end if;
    end loop;
    return v_total;
end $$;

-- The figures of a receipt, as they stand in it.
create or replace function control.record_counts(p_run text, p_receipt jsonb) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    update control.run_table t
    set landed = (p_receipt ->> 'landed')::bigint, duplicates = (p_receipt ->> 'duplicates')::bigint,
        superseded = (p_receipt ->> 'superseded')::bigint, quarantined = (p_receipt ->> 'quarantined')::bigint,
        inserted = (p_receipt ->> 'inserted')::bigint, updated = (p_receipt ->> 'updated')::bigint,
        deleted = (p_receipt ->> 'deleted')::bigint, merge_seconds = (p_receipt ->> 'seconds')::numeric,
        versions = p_receipt -> 'versions'
    where t.run_id = p_run and t.table_name = p_receipt ->> 'table_name';
$$;

-- Ends a run: releases what it still claims, and answers how many tables failed and why. A run that was never begun,
-- or was abandoned, counts as failed. Asked again, it answers the same.
create or replace function control.finish_run(p_run text) returns table (failed int, message text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_run     control.run;
    v_failed  int;
    v_message text;
begin
    select * into v_run from control.run r where r.run_id = p_run for no key update;
    if not found then
        return query select 1, format('run %s was not begun', p_run);
        return;
    elsif v_run.status = 'abandoned' then
        return query select 1, format('run %s was abandoned: %s', p_run, v_run.message);
        return;
    end if;
    if v_run.status = 'running' then
        perform control.record_error(p_run, t.table_name, case
                when t.begun_at is null then 'was not started'
                when c.copied = 0 then format('%s windows were opened and not copied', c.claimed)
                when c.copied = c.claimed
                    then format('%s windows have landed and the job left no receipt for them', c.copied)
                else format('of %s windows only %s have landed', c.claimed, c.copied) end)
        from control.run_table t
        cross join lateral (
            select count(*) as claimed, count(*) filter (where l.status = 'landed') as copied
            from control.ledger l where l.claimed_by = p_run and l.table_name = t.table_name) c
        where t.run_id = p_run and t.error is null and (t.begun_at is null or c.claimed > 0);
        update control.ledger l set claimed_by = null, lease_until = null where l.claimed_by = p_run;
        update control.run_table t
        set status = case when t.error is null then 'succeeded' else 'failed' end,
            complete = not exists (select 1 from control.ledger l
                where l.table_name = t.table_name and l.kind = 'live' and l.status <> 'merged')
        where t.run_id = p_run;
    end if;
    select count(*), string_agg(t.table_name || ': ' || t.error, '; ' order by t.table_name) into v_failed, v_message
    from control.run_table t where t.run_id = p_run and t.error is not null;
    v_message := left(v_message, 2000);
    update control.run r
    set status = case v_failed when 0 then 'succeeded' else 'failed' end,
        ended = clock_timestamp(), message = v_message
    where r.run_id = p_run and r.status = 'running';
    return query select v_failed, coalesce(v_message, '');
end $$;

revoke all on all functions in schema control from public;
grant execute on function control.settle(text, jsonb), control.finish_run(text) to highwater_factory;
