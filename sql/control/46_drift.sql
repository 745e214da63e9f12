-- The source's columns against the contract's: what changed, and whether a table may be read as it is.

-- What a type of PostgreSQL holds: its family, and two sizes in it (digits before and after the point; characters; the
-- digits of a second). A type that this does not know is a family of its own.
create or replace function control.type_holds(p_type text, out family text, out size numeric, out scale numeric)
    language sql immutable
    return (select (f.family, f.size, f.scale) from (
        select m.base, m.a, m.b from (select
            btrim(regexp_replace(p_type, '\([0-9, ]+\)', '')) as base,
            substring(p_type from '\(([0-9]+)')::numeric as a,
            substring(p_type from ',\s*([0-9]+)\)')::numeric as b) m) p
        cross join lateral (select
            case when p.base in ('smallint', 'integer', 'bigint') then 'integer'
                 when p.base in ('character varying', 'text') then 'text' else p.base end as family,
            case p.base when 'smallint' then 5 when 'integer' then 10 when 'bigint' then 19
                 when 'numeric' then coalesce(p.a - coalesce(p.b, 0), 1e6)
                 when 'character varying' then coalesce(p.a, 1e9) when 'text' then 1e9 else 0 end::numeric as size,
            case when p.base = 'numeric' then coalesce(p.b, case when p.a is null then 1e6 else 0 end)
                 when p.base like 'timestamp %' then coalesce(p.a, 6)
                 when p.base in ('smallint', 'integer', 'bigint', 'character varying', 'text') then 0
                 else coalesce(p.a, 0) end::numeric as scale) f);

-- What became of a column: same, wider (every value of the old type has a place in the new), narrower, another.
create or replace function control.type_change(p_was text, p_is text) returns text
    language sql immutable
    return (
        select case
            when w.family = i.family and (w.size, w.scale) = (i.size, i.scale) then 'same'
            when (w.family = i.family and w.family in ('integer', 'text', 'numeric',
                    'timestamp with time zone', 'timestamp without time zone')
                  or (w.family = 'integer' and i.family = 'numeric'))
                 then case when i.size >= w.size and i.scale >= w.scale then 'wider' else 'narrower' end
            else 'another' end
        from control.type_holds(p_was) w, control.type_holds(p_is) i);

-- What stops a table and what is only told, null where there is none. `p_columns` is what the source's columns are
-- otherwise than the contract says: see sql/source/columns.sql.
create or replace function control.drift(p_table text, p_columns jsonb, out stop text, out notes text)
    language sql stable set search_path = pg_catalog, control, pg_temp as $$
    select 'the columns of ' || (select c.source_table from control.contract c where c.table_name = p_table)
               || ' are not as the contract says: ' || string_agg(t.told, '; ') filter (where t.stops)
               || '. Correct the source, or change the contract and deploy it',
           string_agg(t.told, '; ') filter (where not t.stops)
    from jsonb_to_recordset(coalesce(p_columns, '[]')) d (name text, was text, "is" text)
    cross join lateral (select control.type_change(d.was, d."is") as how) c
    cross join lateral (
        select case when d.name is null then 'the table is not there'
                   when d.was is null then format('%s (%s) is new, and left out', d.name, d."is")
                   when d."is" is null then format('%s is gone, it was %s', d.name, d.was)
                   when c.how = 'wider' then format('%s is now %s, wider than %s', d.name, d."is", d.was)
                   when c.how = 'narrower' then format('%s was narrowed to %s, it was %s', d.name, d."is", d.was)
                   else format('%s is now %s, it was %s', d.name, d."is", d.was) end as told,
               d.name is null or (d.was is not null and (d."is" is null or c.how <> 'wider')) as stops) t
    where c.how is distinct from 'same';
$$;

-- Stops the table where its columns can't be read as the contract says, before any window is opened; else notes what
-- they are otherwise.
create or replace function control.require_columns(p_run text, p_contract control.contract, p_columns jsonb)
    returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_drift record;
begin
    select d.* into v_drift from control.drift(p_contract.table_name, p_columns) d;
    if v_drift.stop is not null then
        raise exception '%', v_drift.stop;
    end if;
    update control.run_table t set drift = left(v_drift.notes, 4000)
    where t.run_id = p_run and t.table_name = p_contract.table_name and v_drift.notes is not null;
end $$;

revoke all on all functions in schema control from public;
