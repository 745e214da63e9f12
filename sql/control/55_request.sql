-- What an operator asks for by name: a range of a table to read again (backfill), or the keys that the source still
-- has (reconcile). Both are windows like others, claimed and landed by the same steps; a request says their range. Of
-- any run it says how many rows may be gone.

-- The query of a table's keys, of the tables whose contract says that deletes are seen by keys.
create table if not exists control.key_query (
    table_name text primary key references control.contract,
    template   text not null
);

create table if not exists control.request (
    run_id      text not null references control.run,
    table_name  text not null references control.contract,
    low         text collate "C",       -- as asked for; null for the beginning
    high        text collate "C",       -- null for the watermark
    chunk_rows  bigint check (chunk_rows > 0),
    allow_share numeric check (allow_share between 0 and 1),
    from_low    text collate "C",       -- as it was cut to what is merged
    to_high     text collate "C",
    primary key (run_id, table_name)
);

-- What the ledger held of a table when the query of a window's keys had not begun. A row of silver may be called gone
-- only when its window was merged by then.
create table if not exists control.key_snapshot (
    window_id      bigint not null references control.ledger,
    attempt        int not null,
    run_id         text not null references control.run,
    begun          timestamptz not null default clock_timestamp(),
    newest         bigint not null,     -- the newest window; those that came later do not count
    unmerged       bigint[] not null,   -- windows up to it that were not merged
    silver_version bigint,              -- of the last merge that was settled
    primary key (window_id, attempt)
);

insert into control.setting (name, value, description) values
    ('gone_share', 0.1, 'So great a share of the rows compared may be gone at the source; more is asked about first.'),
    ('gone_rows', 10, 'So many rows may be gone at the source whatever their share.')
on conflict (name) do nothing;

-- Writes or removes a table's query of keys.
create or replace function control.put_keys(p_table text, p_template text) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    delete from control.key_query k where k.table_name = p_table and p_template is null;
    insert into control.key_query (table_name, template)
    select p_table, p_template where p_template is not null
    on conflict (table_name) do update set template = excluded.template;
$$;

-- A bound as an operator writes it, in the ledger's own words. Times without a zone are UTC; null for an empty text.
create or replace function control.canonical(p_kind text, p_value text) returns text
    language plpgsql stable set timezone = 'UTC' set datestyle = 'ISO' set search_path = pg_catalog, pg_temp as $$
begin
    if nullif(btrim(p_value), '') is null then
        return null;
    end if;
    return case p_kind
        when 'timestamp' then to_char(p_value::timestamptz, 'YYYY-MM-DD HH24:MI:SS.US')
        when 'integer' then p_value::bigint::text end;
exception when others then
    raise exception '% is no bound of a cursor of kind %', p_value, p_kind
        using hint = case p_kind when 'integer' then 'Give a whole number.'
            else 'Give a time as 2024-01-31 or 2024-01-31T13:00:00Z.' end;
end $$;

-- The tables of a request. '*' is every table that can take part; one that is named and cannot is refused.
create or replace function control.request_tables(p_kind text, p_tables text) returns text[]
    language plpgsql stable set search_path = pg_catalog, control, pg_temp as $$
declare
    v_wanted text[] := array(
        select distinct btrim(t) from unnest(string_to_array(p_tables, ',')) t where btrim(t) <> '');
    v_able   text[] := array(
        select c.table_name from control.contract c where c.enabled and case p_kind
            -- Rows without a key are told apart by their windows alone: read again, they would be there twice.
            when 'backfill' then c.cursor_kind <> 'snapshot' and c.plan::jsonb -> 'primary_key' <> '[]'
            else exists (select 1 from control.key_query k where k.table_name = c.table_name) end);
begin
    if v_wanted = array['*'] then
        return v_able;
    elsif v_wanted = '{}' or not v_wanted <@ v_able then
        raise exception 'no % of: %', p_kind, coalesce(nullif(array_to_string(
                array(select w from unnest(v_wanted) w where w <> all (v_able)), ', '), ''), '(none named)')
            using hint = case p_kind
                when 'backfill' then 'A table with a cursor and a key is expected (any other is reloaded): '
                else 'Tables whose contract says deletes: {kind: keys}: ' end || array_to_string(v_able, ', ');
    end if;
    return v_wanted;
end $$;

-- Registers a run of kind backfill or reconcile and names its tables. Asked again for the same run, the same answer.
-- `p_from` and `p_to` are a range [from, to) of the cursor, empty for all that is merged. `p_chunk` is rows a window,
-- `p_allow` the share of rows that may be gone, `p_due` a time: a table whose keys were all compared since then is
-- left out, so that a schedule that makes up for missed runs compares once.
create or replace function control.begin_request(
    p_run text, p_pipeline text, p_kind text, p_tables text, p_from text, p_to text, p_chunk text, p_allow text,
    p_due text
) returns table (table_name text)
    language plpgsql security definer set search_path = pg_catalog, control, pg_temp as $$
#variable_conflict use_column
declare
    v_run    control.run;
    v_tables text[];
    v_due    timestamptz := control.canonical('timestamp', p_due)::timestamp at time zone 'UTC';
begin
    perform pg_advisory_xact_lock(hashtextextended('highwater begin_run ' || p_pipeline, 0));
    select * into v_run from control.run r where r.run_id = p_run;
    if found then
        perform control.require_run(p_run);
        return query select t.table_name from control.run_table t where t.run_id = p_run order by 1;
        return;
    elsif p_kind not in ('backfill', 'reconcile') or p_kind is null then
        raise exception 'a request is of kind backfill or reconcile, not %', p_kind;
    end if;
    v_tables := control.request_tables(p_kind, p_tables);
    if v_due is not null then
        v_tables := array(
            select w from unnest(v_tables) w where not exists (
                select 1 from control.key_snapshot k
                join control.ledger l on l.window_id = k.window_id and l.attempt = k.attempt and l.status = 'merged'
                join control.request q on q.run_id = l.request and q.table_name = l.table_name
                where l.table_name = w and q.low is null and q.high is null and k.begun >= v_due));
    end if;
    perform control.register_run(p_run, p_pipeline, p_kind, v_tables);
    insert into control.request (run_id, table_name, low, high, chunk_rows, allow_share)
    select p_run, c.table_name,
           -- A span of time says nothing of a number: with every table asked for, such a one is compared whole.
           case when not whole.is_meant then control.canonical(c.cursor_kind, p_from) end,
           case when not whole.is_meant then control.canonical(c.cursor_kind, p_to) end,
           nullif(btrim(p_chunk), '')::bigint, nullif(btrim(p_allow), '')::numeric
    from control.contract c
    cross join lateral (select p_kind = 'reconcile' and btrim(p_tables) = '*' and c.cursor_kind = 'integer' as is_meant
        ) whole
    where c.table_name = any (v_tables);
    return query select t.table_name from control.run_table t where t.run_id = p_run order by 1;
end $$;

-- The query of a request's range: how many rows, and where to cut it. The range is cut to what is merged: the live
-- runs read what lies behind the watermark, so a request meets them there without a gap.
create or replace function control.request_bounds(p_run text, p_contract control.contract) returns text
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_kind      text := p_contract.cursor_kind;
    v_request   control.request;
    v_watermark text;
    v_low       text;
    v_high      text;
begin
    select * into strict v_request from control.request q
    where q.run_id = p_run and q.table_name = p_contract.table_name;
    select w.watermark into v_watermark from control.watermark w where w.table_name = p_contract.table_name;
    v_low := coalesce(v_request.low, control.first_low(v_kind));
    v_high := coalesce(v_request.high, v_watermark, v_low);
    if control.precedes(v_kind, coalesce(v_watermark, v_low), v_high) then
        v_high := coalesce(v_watermark, v_low);
    end if;
    if v_request.low is not null and v_request.high is not null
        and not control.precedes(v_kind, v_request.low, v_request.high) then
        raise exception 'the range of % is empty: % does not precede %',
            p_contract.table_name, v_request.low, v_request.high;
    elsif (v_request.low is not null or v_request.high is not null) and not control.precedes(v_kind, v_low, v_high) then
        raise exception 'the range of % begins at %, behind the watermark: %',
                p_contract.table_name, v_low, coalesce(v_watermark, 'nothing is merged yet')
            using hint = 'The live runs read what lies behind it: run ingest.';
    end if;
    update control.request q set from_low = v_low, to_high = v_high
    where q.run_id = p_run and q.table_name = p_contract.table_name;
    return format(p_contract.range_template, v_low, v_high, v_request.chunk_rows::text);
end $$;

-- Opens the windows of a request, unless one of the same range is unfinished: this run then finishes that one.
-- A backfill without a range finishes what is unfinished and opens nothing.
create or replace function control.open_request(p_run text, p_contract control.contract, p_bounds jsonb) returns void
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_run     control.run;
    v_request control.request;
    v_open    boolean;
begin
    select * into strict v_run from control.run r where r.run_id = p_run;
    select * into strict v_request from control.request q
    where q.run_id = p_run and q.table_name = p_contract.table_name;
    v_open := exists (select 1 from control.ledger l where l.table_name = p_contract.table_name
                      and l.kind = v_run.kind and l.status <> 'merged');
    if v_run.kind = 'backfill' and v_request.low is null and v_request.high is null then
        if not v_open then
            raise exception 'no backfill of % is unfinished', p_contract.table_name
                using hint = 'Name the range to read again: from, to, or both.';
        end if;
    elsif control.precedes(p_contract.cursor_kind, v_request.from_low, v_request.to_high) and not exists (
            select 1 from control.ledger l
            join control.request q on q.run_id = l.request and q.table_name = l.table_name
            where l.table_name = p_contract.table_name and l.kind = v_run.kind
              and (l.request = p_run
                   or (l.status <> 'merged' and (q.low, q.high) is not distinct from (v_request.low, v_request.high)))
        ) then
        perform control.cut_windows(p_run, p_contract, v_run.kind, v_request.from_low, v_request.to_high,
            (p_bounds ->> 'cuts')::jsonb);
    end if;
end $$;

-- The query of a window's keys. With the window's own rows it reads all that changed behind the request: a row that
-- was changed meanwhile has left the window's range, and is there.
create or replace function control.keys_query(p_window control.ledger, p_run text) returns text
    language sql stable set search_path = pg_catalog, control, pg_temp as $$
    select format(k.template, p_window.low, p_window.high, q.to_high)
    from control.key_query k
    join control.request q on q.table_name = k.table_name and q.run_id = p_window.request
    where k.table_name = p_window.table_name;
$$;

-- Notes what the ledger holds before the queries of keys begin, in the transaction that claims their windows. Whoever
-- opens windows of this table waits for its end, so no window has a smaller number and is not seen here.
create or replace function control.note_key_snapshots(p_run text, p_table text) returns void
    language sql set search_path = pg_catalog, control, pg_temp as $$
    insert into control.key_snapshot (window_id, attempt, run_id, newest, unmerged, silver_version)
    select l.window_id, l.attempt, p_run,
           (select max(n.window_id) from control.ledger n where n.table_name = p_table),
           array(select u.window_id from control.ledger u
                 where u.table_name = p_table and u.kind <> 'reconcile' and u.status <> 'merged' order by 1),
           (select max((t.versions ->> 'silver')::bigint) from control.run_table t where t.table_name = p_table)
    from control.ledger l
    where l.table_name = p_table and l.kind = 'reconcile' and l.claimed_by = p_run and l.status = 'open';
$$;

revoke all on all functions in schema control from public;
grant execute on function
    control.begin_request(text, text, text, text, text, text, text, text, text) to highwater_factory;
