-- The first steps of a run: which tables it takes, and the question that it puts to each source.

-- Writes the row of a run and of each of its tables.
-- Earlier runs of the same pipeline are over, since a pipeline runs once at a time: what they claimed is released.
create or replace function control.register_run(p_run text, p_pipeline text, p_kind text, p_tables text[]) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_batch bigint;
begin
    update control.run r
    set status = 'abandoned', ended = clock_timestamp(), message = 'run ' || p_run || ' began'
    where r.pipeline = p_pipeline and r.status = 'running';
    update control.ledger l
    set claimed_by = null, lease_until = null
    where l.claimed_by in (select r.run_id from control.run r where r.pipeline = p_pipeline);
    insert into control.run (run_id, pipeline, kind) values (p_run, p_pipeline, p_kind)
    returning batch_id into v_batch;
    insert into control.run_table (run_id, table_name, batch_id)
    select p_run, w, v_batch from unnest(p_tables) w order by w;
end $$;

-- Registers a run and names its tables. `p_tables` is '*' or names with commas between, `p_allow` the share of rows
-- that may be gone of a table that is read whole, empty for the setting's.
-- Asked again for the same run, it answers the same. Runs of the other kinds begin with `begin_request`.
drop function if exists control.begin_run(text, text, text, text);
create or replace function control.begin_run(
    p_run text, p_pipeline text, p_kind text, p_tables text, p_allow text default ''
) returns table (table_name text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_run    control.run;
    v_wanted text[] := array(
        select distinct btrim(t) from unnest(string_to_array(p_tables, ',')) t where btrim(t) <> '');
    v_known  text[] := array(select c.table_name from control.contract c where c.enabled);
begin
    perform pg_advisory_xact_lock(hashtextextended('highwater begin_run ' || p_pipeline, 0));
    select * into v_run from control.run r where r.run_id = p_run;
    if found then
        if v_run.pipeline <> p_pipeline or v_run.kind <> p_kind then
            raise exception 'run % belongs to pipeline % (%)', p_run, v_run.pipeline, v_run.kind;
        end if;
        perform control.require_run(p_run);
        return query select t.table_name from control.run_table t where t.run_id = p_run order by 1;
        return;
    end if;
    if p_kind not in ('live', 'reload') or p_kind is null then
        raise exception 'a run is of kind live or reload, not %', p_kind;
    end if;
    if v_wanted = array['*'] then
        v_wanted := v_known;
    elsif not v_wanted <@ v_known or v_wanted = '{}' then
        raise exception 'no such table: %', coalesce(nullif(array_to_string(
                array(select w from unnest(v_wanted) w where w <> all (v_known)), ', '), ''), '(none named)')
            using hint = 'Tables with a contract: ' || array_to_string(v_known, ', ');
    end if;
    perform control.register_run(p_run, p_pipeline, p_kind, v_wanted);
    insert into control.request (run_id, table_name, allow_share)
    select p_run, w, nullif(btrim(p_allow), '')::numeric from unnest(v_wanted) w where btrim(p_allow) <> '';
    return query select t.table_name from control.run_table t where t.run_id = p_run order by 1;
end $$;

-- The query to put to the source of a table: the next high bound, how many rows lie below it and where to cut.
-- A reload reads what is already served, from the beginning to the watermark, so its bounds are known. `columns_query`
-- is for when the source can't answer: it tells whether a column is gone.
drop function if exists control.begin_table(text, text, text);
create function control.begin_table(p_run text, p_table text, p_kind text)
    returns table (bounds_query text, columns_query text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_run        control.run := control.require_run(p_run, p_table);
    v_contract   control.contract;
    v_candidates jsonb;
begin
    select * into strict v_contract from control.contract c where c.table_name = p_table;
    if p_kind is distinct from v_run.kind then
        raise exception 'run % is of kind %, not %', p_run, v_run.kind, p_kind;
    end if;
    update control.run_table t
    set begun_at = coalesce(t.begun_at, clock_timestamp())
    where t.run_id = p_run and t.table_name = p_table;
    if p_kind in ('backfill', 'reconcile') then
        return query select control.request_bounds(p_run, v_contract), v_contract.columns_query;
        return;
    elsif p_kind = 'reload' and v_contract.cursor_kind <> 'snapshot' then
        return query select format(v_contract.range_template, control.first_low(v_contract.cursor_kind),
            coalesce((select w.watermark from control.watermark w where w.table_name = p_table),
                     control.first_low(v_contract.cursor_kind)), null::text), v_contract.columns_query;
        return;
    end if;
    select coalesce(jsonb_agg(jsonb_build_object('value', k.value, 'at', k.at)), '[]') into v_candidates
    from control.candidate k where k.table_name = p_table;
    return query select format(v_contract.bounds_template,
        case p_kind when 'reload' then control.first_low(v_contract.cursor_kind) else control.frontier(p_table) end,
        trim_scale(control.setting_of('margin_seconds')), v_candidates), v_contract.columns_query;
end $$;

revoke all on all functions in schema control from public;
grant execute on function control.begin_run(text, text, text, text, text), control.begin_table(text, text, text)
    to highwater_factory;
