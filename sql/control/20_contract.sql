-- What the pipelines need of each contract: how to find a safe bound, how to read a window, what the job must know.

create table if not exists control.contract (
    table_name        text primary key check (table_name ~ '^[a-z][a-z0-9_]*$'),
    version           text not null,
    mode              text not null check (mode in ('upsert', 'append', 'snapshot')),
    cursor_kind       text not null check (cursor_kind in ('timestamp', 'integer', 'snapshot')),
    cursor_column     text,
    source_table      text not null,
    plan              text not null check (plan::jsonb is not null),
    bounds_template   text not null,
    range_template    text not null,
    extract_template  text not null,
    freshness_seconds numeric not null check (freshness_seconds > 0),
    enabled           boolean not null default true,
    updated_at        timestamptz not null default clock_timestamp(),
    check ((mode = 'snapshot') = (cursor_kind = 'snapshot')),
    check ((cursor_column is null) = (cursor_kind = 'snapshot'))
);

-- Rows whose cursor lies in no window: how they are read, and what becomes of null ones.
alter table control.contract add column if not exists outside_template text;
alter table control.contract add column if not exists nulls text check (nulls in ('refuse', 'include', 'skip'));
-- How the source's columns are asked for where the bounds query can't be answered, and the contract as it was written.
alter table control.contract add column if not exists columns_query text;
alter table control.contract add column if not exists definition text check (definition is null or definition::jsonb is not null);

drop function if exists control.put_contract(text, text, text, text, text, text, text, text, text, text, numeric);
drop function if exists
    control.put_contract(text, text, text, text, text, text, text, text, text, text, numeric, text, text);
-- Writes a contract's row. A cursor cannot change under a ledger that counts in the old one.
create or replace function control.put_contract(
    p_table text, p_version text, p_mode text, p_cursor_kind text, p_cursor_column text, p_source_table text,
    p_plan text, p_bounds_template text, p_range_template text, p_extract_template text, p_freshness_seconds numeric,
    p_outside_template text default null, p_nulls text default null, p_columns_query text default null,
    p_definition text default null
) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_old control.contract;
begin
    select * into v_old from control.contract c where c.table_name = p_table for update;
    if found and (v_old.cursor_kind, coalesce(v_old.cursor_column, ''), v_old.source_table)
            is distinct from (p_cursor_kind, coalesce(p_cursor_column, ''), p_source_table)
        and exists (select 1 from control.ledger l where l.table_name = p_table and l.kind = 'live') then
        raise exception 'the cursor or source of table % cannot change while its ledger has windows', p_table
            using detail = format('the ledger counts in %s of %s (%s), the contract asks for %s of %s (%s)',
                    coalesce(v_old.cursor_column, 'content'), v_old.source_table, v_old.cursor_kind,
                    coalesce(p_cursor_column, 'content'), p_source_table, p_cursor_kind),
                hint = 'Give the new contract a table name of its own, or restore the old cursor.';
    end if;
    insert into control.contract as c (
        table_name, version, mode, cursor_kind, cursor_column, source_table, plan,
        bounds_template, range_template, extract_template, freshness_seconds, outside_template, nulls,
        columns_query, definition)
    values (
        p_table, p_version, p_mode, p_cursor_kind, p_cursor_column, p_source_table, p_plan,
        p_bounds_template, p_range_template, p_extract_template, p_freshness_seconds,
        p_outside_template, p_nulls, p_columns_query, p_definition)
    on conflict (table_name) do update set
        version = excluded.version, mode = excluded.mode, cursor_kind = excluded.cursor_kind,
        cursor_column = excluded.cursor_column, source_table = excluded.source_table, plan = excluded.plan,
        bounds_template = excluded.bounds_template, range_template = excluded.range_template,
        extract_template = excluded.extract_template, freshness_seconds = excluded.freshness_seconds,
        outside_template = excluded.outside_template, nulls = excluded.nulls,
        columns_query = excluded.columns_query, definition = excluded.definition,
        enabled = true, updated_at = clock_timestamp();
end $$;

-- Tables without a contract are read no more. Their ledger stays, so that a contract may come back.
create or replace function control.keep_contracts(p_tables text[]) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    update control.contract c
    set enabled = (c.table_name = any (p_tables)), updated_at = clock_timestamp()
    where c.enabled <> (c.table_name = any (p_tables));
$$;

-- The contracts as they are deployed.
create or replace view control.contract_list as
select c.table_name, c.version, c.enabled, c.definition, c.updated_at from control.contract c;
grant select on control.contract_list to highwater_factory;

revoke all on all functions in schema control from public;
