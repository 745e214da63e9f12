-- Rows that wait in quarantine, judged again: what is asked for, and which windows they came with.
-- Such a run claims no window: what is merged stays merged.

create table if not exists control.release_request (
    run_id     text not null references control.run,
    table_name text not null references control.contract,
    rules      text[] not null,   -- rows that broke one of these; of any rule when empty
    keys       text[] not null,   -- values of the key with commas between; any when empty
    primary key (run_id, table_name)
);

-- The plan of a run: the merged windows of runs that sent rows to quarantine, under today's contract. The job takes of
-- them those that the quarantine still names. A reload's window is as good as a live one here: nothing is replaced.
drop function if exists control.release_plan(text);
create function control.release_plan(p_run text)
    returns table (run_id text, batch_id bigint, table_name text, contract_version text, contract text,
                   window_id bigint, attempt int, kind text, low text, high text, path text, files int, rows bigint,
                   allow_share double precision, allow_rows bigint, rules text, keys text)
    language sql stable security definer set search_path = pg_catalog, control, pg_temp as $$
    select r.run_id, r.batch_id, l.table_name, c.version, c.plan, l.window_id, l.attempt,
           case l.kind when 'quarantine' then l.kind else 'live' end, l.low, l.high, l.path, l.files, l.rows,
           control.setting_of('gone_share')::double precision, control.setting_of('gone_rows')::bigint,
           array_to_string(q.rules, ','), to_json(q.keys)::text
    from control.run r
    join control.run_table t on t.run_id = r.run_id and t.error is null
    join control.release_request q on q.run_id = r.run_id and q.table_name = t.table_name
    join control.contract c on c.table_name = t.table_name
    join control.ledger l on l.table_name = t.table_name and l.status = 'merged' and l.path is not null
        and l.kind <> 'reconcile'
    join control.run_table m on m.run_id = l.merged_by and m.table_name = l.table_name and m.quarantined > 0
    where r.run_id = p_run and r.status = 'running'
    order by l.table_name, l.window_id;
$$;

-- Registers a run and answers how many windows its plan has. `p_tables` is '*', every table that has a cursor, or
-- names with commas between; `p_rules` names with commas between; `p_keys` a JSON array of texts, of one table.
-- Asked again for the same run, it answers the same.
create or replace function control.begin_release(
    p_run text, p_pipeline text, p_tables text, p_rules text, p_keys text
) returns table (windows int)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
declare
    v_able   text[] := array(
        select c.table_name from control.contract c where c.enabled and c.cursor_kind <> 'snapshot');
    v_wanted text[] := array(
        select distinct btrim(t) from unnest(string_to_array(p_tables, ',')) t where btrim(t) <> '');
    v_rules  text[] := array(
        select distinct btrim(t) from unnest(string_to_array(p_rules, ',')) t where btrim(t) <> '' order by 1);
    v_keys   text[];
begin
    perform pg_advisory_xact_lock(hashtextextended('highwater begin_run ' || p_pipeline, 0));
    if exists (select 1 from control.run r where r.run_id = p_run) then
        perform control.require_run(p_run);
        return query select count(*)::int from control.release_plan(p_run);
        return;
    elsif v_wanted = array['*'] then
        v_wanted := v_able;
    elsif v_wanted = '{}' or not v_wanted <@ v_able then
        raise exception 'nothing to release of: %', coalesce(nullif(array_to_string(
                array(select w from unnest(v_wanted) w where w <> all (v_able)), ', '), ''), '(none named)')
            using hint = 'A table that is read whole is reloaded instead. Tables with a cursor: '
                || array_to_string(v_able, ', ');
    end if;
    begin
        v_keys := array(select jsonb_array_elements_text(coalesce(nullif(btrim(p_keys), ''), '[]')::jsonb));
    exception when others then
        raise exception 'keys is no JSON array of texts: %', p_keys using hint = 'As ["1", "2"].';
    end;
    if v_keys <> '{}' and cardinality(v_wanted) <> 1 then
        raise exception 'keys are those of one table, and % are named', cardinality(v_wanted);
    end if;
    perform control.register_run(p_run, p_pipeline, 'release', v_wanted);
    update control.run_table t set begun_at = clock_timestamp() where t.run_id = p_run;
    insert into control.release_request (run_id, table_name, rules, keys)
    select p_run, w, v_rules, v_keys from unnest(v_wanted) w;
    return query select count(*)::int from control.release_plan(p_run);
end $$;

revoke all on all functions in schema control from public;
grant execute on function control.begin_release(text, text, text, text, text), control.release_plan(text)
    to highwater_factory;
