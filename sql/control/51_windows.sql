-- Making windows out of what a source answered.

-- Cuts a range into windows that meet, in the order of their values, and returns how many there are.
create or replace function control.cut_windows(
    p_run text, p_contract control.contract, p_kind text, p_low text, p_high text, p_cuts jsonb
) returns int
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_kind   text := p_contract.cursor_kind;
    v_first  boolean := p_kind = 'live' and not exists (
        select 1 from control.ledger l where l.table_name = p_contract.table_name and l.kind = 'live');
    v_points text[] := array[p_low] || array(
            select c.value from jsonb_array_elements_text(coalesce(p_cuts, '[]')) c (value)
            where control.is_canonical(v_kind, c.value) and control.precedes(v_kind, p_low, c.value)
              and control.precedes(v_kind, c.value, p_high)
            group by c.value
            order by case when v_kind = 'integer' then c.value::numeric end, c.value collate "C"
        ) || array[p_high];
begin
    insert into control.ledger (
        table_name, kind, cursor_kind, request, low, high, is_first, contract_version, opened_by)
    select p_contract.table_name, p_kind, v_kind, case when p_kind <> 'live' then p_run end,
           v_points[i], v_points[i + 1], v_first and i = 1, p_contract.version, p_run
    from generate_series(1, cardinality(v_points) - 1) i
    order by i;
    return cardinality(v_points) - 1;
end $$;

-- Closes an empty live range. Empty windows that follow each other are one, so an idle table adds no rows here.
create or replace function control.close_empty(p_run text, p_contract control.contract, p_low text, p_high text)
    returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_newest control.ledger;
begin
    select * into v_newest from control.ledger l
    where l.table_name = p_contract.table_name and l.kind = 'live' order by l.window_id desc limit 1;
    if found and v_newest.status = 'merged' and v_newest.rows = 0 and v_newest.path is null then
        update control.ledger l
        set high = p_high, merged_at = clock_timestamp(), merged_by = p_run
        where l.window_id = v_newest.window_id;
    else
        insert into control.ledger (table_name, kind, cursor_kind, low, high, is_first, status, attempt,
            contract_version, files, rows, opened_by, merged_by, merged_at)
        values (p_contract.table_name, 'live', p_contract.cursor_kind, p_low, p_high, v_newest.window_id is null,
            'merged', 0, p_contract.version, 0, 0, p_run, p_run, clock_timestamp());
    end if;
end $$;

-- Without a new value there is no window that would look back. So the values within the lookback are read again, as a
-- backfill of the live run, when they are not what they were when last this was done.
create or replace function control.open_late(p_run text, p_contract control.contract, p_low text, p_late jsonb)
    returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_request text := 'lookback ' || (p_late ->> 'print');
begin
    if coalesce((p_late ->> 'rows')::bigint, 0) = 0 or not control.precedes('integer', p_late ->> 'low', p_low)
        or exists (
            select 1 from control.ledger l
            where l.table_name = p_contract.table_name and l.kind = 'backfill'
              and (l.request = v_request or (starts_with(l.request, 'lookback ') and l.status <> 'merged'))) then
        return;
    end if;
    insert into control.ledger (table_name, kind, cursor_kind, request, low, high, contract_version, opened_by)
    values (p_contract.table_name, 'backfill', 'integer', v_request, p_late ->> 'low', p_low,
            p_contract.version, p_run);
end $$;

-- Opens what is new behind the frontier.
create or replace function control.open_live(p_run text, p_contract control.contract, p_bounds jsonb) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_kind text := p_contract.cursor_kind;
    v_low  text := control.frontier(p_contract.table_name);
    v_high text := p_bounds ->> 'high';
begin
    if v_kind = 'integer' and (v_high is null or not control.precedes(v_kind, v_low, v_high)) then
        perform control.open_late(p_run, p_contract, v_low, (p_bounds ->> 'late')::jsonb);
    end if;
    if v_high is null or not control.precedes(v_kind, v_low, v_high) then
        return;
    end if;
    if v_kind = 'snapshot' and exists (
            select 1 from control.ledger l
            where l.table_name = p_contract.table_name and l.kind = 'live' and l.status <> 'merged') then
        -- An unfinished snapshot reads the content of the day when it is finished: a second one would be the same. It
        -- takes that content's fingerprint, or content that is again as it was first seen would be no change.
        update control.ledger l set high = v_high
        where l.table_name = p_contract.table_name and l.kind = 'live' and l.status = 'open'
          and (l.claimed_by is null or l.claimed_by = p_run or l.lease_until < clock_timestamp());
        return;
    end if;
    -- A snapshot without rows says that every row is gone, which is news.
    if v_kind <> 'snapshot' and (p_bounds ->> 'rows')::bigint = 0 then
        perform control.close_empty(p_run, p_contract, v_low, v_high);
    else
        perform control.cut_windows(p_run, p_contract, 'live', v_low, v_high, (p_bounds ->> 'cuts')::jsonb);
    end if;
end $$;

-- Opens a reload of what is served, unless one is unfinished or this run made its own already.
create or replace function control.open_reload(p_run text, p_contract control.contract, p_bounds jsonb) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_low  text := control.first_low(p_contract.cursor_kind);
    v_high text := p_bounds ->> 'high';
begin
    if v_high is null or not control.precedes(p_contract.cursor_kind, v_low, v_high) or exists (
            select 1 from control.ledger l
            where l.table_name = p_contract.table_name and l.kind = 'reload'
              and (l.status <> 'merged' or l.request = p_run)) then
        return;
    end if;
    if p_contract.cursor_kind = 'snapshot' or (p_bounds ->> 'rows')::bigint > 0 then
        perform control.cut_windows(p_run, p_contract, 'reload', v_low, v_high, (p_bounds ->> 'cuts')::jsonb);
    end if;
end $$;

-- Keeps high bounds for later runs: the newest proven one of a timestamp cursor; of an integer cursor the oldest
-- ones, since each is safe as soon as all that was in flight when it was taken is over.
create or replace function control.keep_candidate(p_contract control.contract, p_bounds jsonb) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_kind     text := p_contract.cursor_kind;
    v_frontier text := control.frontier(p_contract.table_name);
    v_value    text := p_bounds ->> 'candidate';
begin
    delete from control.candidate k
    where k.table_name = p_contract.table_name
      and (not control.precedes(v_kind, v_frontier, k.value) or (v_kind = 'timestamp' and v_value is not null));
    if v_value is not null and control.is_canonical(v_kind, v_value) and control.precedes(v_kind, v_frontier, v_value)
        and (select count(*) from control.candidate k where k.table_name = p_contract.table_name)
            < control.setting_of('candidates') then
        insert into control.candidate (table_name, value, at)
        values (p_contract.table_name, v_value, p_bounds ->> 'candidate_at')
        on conflict do nothing;
    end if;
end $$;

-- Notes how many rows have a cursor that lies in no window, and opens a window of kind quarantine for those that land,
-- unless they are what they were when last it opened one. Such a window counts observations, as a snapshot's does, and
-- takes the place of the one before: one without rows says that all of them were put right.
create or replace function control.open_outside(p_run text, p_contract control.contract, p_outside jsonb)
    returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_named  jsonb := p_outside - 'rows' - 'print';
    v_nulls  bigint := coalesce((p_outside ->> 'null')::bigint, 0);
    v_print  text := coalesce(p_outside ->> 'print', 'none');
    v_newest control.ledger;
begin
    if p_contract.nulls = 'refuse' and v_nulls > 0 then
        raise exception '% rows of % have no %, and the contract refuses them',
                v_nulls, p_contract.source_table, p_contract.cursor_column
            using hint = 'Fill the column at the source, or set cursor.nulls to include or skip.';
    end if;
    update control.run_table t
    set (outside_rows, outside) = (
        select sum(n.value::bigint), string_agg(concat(n.value, ' ', n.key, case
                   when n.key <> 'null' then '' when p_contract.nulls = 'skip' then ' (skipped)'
                   when p_contract.nulls = 'include' then ' (included)' end), ', ' order by n.key)
                   filter (where n.value <> '0')
        from jsonb_each_text(v_named) n)
    where t.run_id = p_run and t.table_name = p_contract.table_name;
    select * into v_newest from control.ledger l
    where l.table_name = p_contract.table_name and l.kind = 'quarantine' order by l.window_id desc limit 1;
    if (coalesce((p_outside ->> 'rows')::bigint, 0) = 0 and coalesce(v_newest.rows, 0) = 0)
        or v_newest.status <> 'merged' or split_part(v_newest.high, '-', 2) = v_print then
        return;
    end if;
    insert into control.ledger (table_name, kind, cursor_kind, request, low, high, contract_version, opened_by)
    values (p_contract.table_name, 'quarantine', 'snapshot', p_run,
            coalesce(v_newest.high, control.first_low('snapshot')),
            lpad((coalesce(split_part(v_newest.high, '-', 1), '0')::bigint + 1)::text, 12, '0') || '-'
                || v_print,
            p_contract.version, p_run);
end $$;

revoke all on all functions in schema control from public;
