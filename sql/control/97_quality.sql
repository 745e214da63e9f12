-- How many rows broke each rule, by run: what the job's receipts say, warnings too.

create table if not exists control.run_rule (
    run_id     text not null,
    table_name text not null,
    rule       text not null,
    severity   text not null check (severity in ('warn', 'quarantine', 'fail')),
    rows       bigint not null check (rows > 0),
    primary key (run_id, table_name, rule),
    foreign key (run_id, table_name) references control.run_table
);
create index if not exists run_rule_table on control.run_rule (table_name, rule);

-- Records the counts of a receipt, those of one that failed too. A rule that the contract does not name is one that
-- every table has, and sends to quarantine. Recorded again, it is the same.
create or replace function control.record_rules(p_run text, p_receipt jsonb) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    insert into control.run_rule as k (run_id, table_name, rule, severity, rows)
    select t.run_id, t.table_name, r.key, coalesce(named.severity, 'quarantine'), r.value::bigint
    from control.run_table t
    join control.contract c using (table_name)
    -- A reader of JSON lines may hand a nested object on as text.
    cross join lateral (select case jsonb_typeof(p_receipt -> 'rules') when 'string' then (p_receipt ->> 'rules')::jsonb
                               when 'object' then p_receipt -> 'rules' else '{}' end as rules) given
    cross join lateral jsonb_each_text(given.rules) r
    left join lateral (
        select n ->> 'severity' as severity from jsonb_array_elements(c.plan::jsonb -> 'rules') n
        where n ->> 'name' = r.key) named on true
    where t.run_id = p_run and t.table_name = p_receipt ->> 'table_name' and r.value::bigint > 0
    on conflict (run_id, table_name, rule) do update set severity = excluded.severity, rows = excluded.rows;
$$;

-- Each rule that rows broke in each run, newest first; `landed` is how many rows the table had in it.
create or replace view control.rule_report as
select r.run_id, r.batch_id, r.pipeline, r.started, k.table_name, k.rule, k.severity, k.rows, t.landed
from control.run_rule k
join control.run r using (run_id)
join control.run_table t using (run_id, table_name)
order by r.batch_id desc, k.table_name, k.rule;

revoke all on all functions in schema control from public;
grant select on control.rule_report to highwater_factory;
