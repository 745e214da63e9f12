-- The control schema, its settings, and the three facts about cursor texts that everything else rests on.
-- Every script here may be run again at any time. The role highwater_factory must exist (sql.ledger.factory_role).

create schema if not exists control;
revoke all on schema control from public;
grant usage on schema control to highwater_factory;

create table if not exists control.setting (
    name        text primary key,
    value       numeric not null check (value > 0),
    description text not null
);

insert into control.setting (name, value, description) values
    ('lease_minutes', 60, 'A claim that was not renewed for so long may be taken over by another run.'),
    ('margin_seconds', 2, 'A source may show the start of a transaction so much later than it was taken.'),
    ('windows_per_table', 300, 'So many windows of a table are claimed by one run at most; the next takes others.'),
    ('candidates', 100, 'At most so many unproven high bounds of an integer cursor are kept while one is held back.')
on conflict (name) do nothing;

create or replace function control.setting_of(p_name text) returns numeric
    language sql stable
    return (select s.value from control.setting s where s.name = p_name);

create or replace function control.lease_end() returns timestamptz
    language sql volatile
    return clock_timestamp() + make_interval(secs => (control.setting_of('lease_minutes') * 60)::float8);

-- Where the first window of a table begins. Finite, so that a row at -infinity is in no window.
create or replace function control.first_low(p_kind text) returns text
    language sql immutable
    return case p_kind
        when 'timestamp' then '0001-01-01 00:00:00.000000'
        when 'integer' then '-9223372036854775808'
        when 'snapshot' then '000000000000-'
    end;

-- One text a value: UTC wall time with microseconds; decimal digits; the number of an observation and its print.
create or replace function control.is_canonical(p_kind text, p_value text) returns boolean
    language sql immutable
    return case p_kind
        when 'timestamp' then p_value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$'
        when 'integer' then p_value ~ '^(0|-?[1-9][0-9]{0,18})$'
        when 'snapshot' then p_value ~ '^[0-9]{12}-([0-9a-f]{32})?$'
    end;

-- Whether a value comes before another. Texts of one width compare as their values do; integers have none.
create or replace function control.precedes(p_kind text, p_value text, p_other text) returns boolean
    language sql immutable
    return case
        when p_kind = 'integer' then p_value::numeric < p_other::numeric
        else p_value collate "C" < p_other collate "C"
    end;

revoke all on all functions in schema control from public;
