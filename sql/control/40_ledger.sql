-- The window ledger: one row a window [low, high) of a table, in the source's own values.
--
-- What SQL can make impossible is impossible here, whoever writes: two live windows that overlap, a gap between
-- them, a window landed without its path and rows, merged without having landed, or stepping back.
-- The live windows of a table are a chain: each but the first follows one whose high is its low, no two share a
-- low or a high, and a low is below its high. So they are contiguous and disjoint, without a range type.

create table if not exists control.ledger (
    window_id        bigint generated always as identity primary key,
    table_name       text not null references control.contract,
    kind             text not null check (kind in ('live', 'backfill', 'reload', 'quarantine', 'reconcile')),
    cursor_kind      text not null check (cursor_kind in ('timestamp', 'integer', 'snapshot')),
    request          text,
    low              text collate "C" not null,
    high             text collate "C" not null,
    is_first         boolean not null default false,
    chain            boolean generated always as (case when kind = 'live' then true end) stored,
    follows          text collate "C"
        generated always as (case when kind = 'live' and not is_first then low end) stored,
    status           text not null default 'open' check (status in ('open', 'landed', 'merged')),
    attempt          int not null default 0 check (attempt >= 0),
    claimed_by       text references control.run,
    lease_until      timestamptz,
    contract_version text not null,
    path             text,
    files            int check (files >= 0),
    rows             bigint check (rows >= 0),
    opened_by        text not null references control.run,
    landed_by        text references control.run,
    merged_by        text references control.run,
    opened_at        timestamptz not null default clock_timestamp(),
    landed_at        timestamptz,
    merged_at        timestamptz,
    constraint bounds_are_canonical
        check (control.is_canonical(cursor_kind, low) and control.is_canonical(cursor_kind, high)),
    constraint low_precedes_high check (control.precedes(cursor_kind, low, high)),
    constraint first_begins_at_first_low
        check (not is_first or (kind = 'live' and low = control.first_low(cursor_kind))),
    constraint request_is_named check ((kind = 'live') = (request is null)),
    constraint claim_has_lease check ((claimed_by is null) = (lease_until is null)),
    constraint path_is_its_own check (starts_with(path, table_name || '/' || window_id::text || '/')),
    constraint open_has_not_landed
        check (status <> 'open' or (path is null and files is null and rows is null and landed_at is null
                                    and landed_by is null and merged_at is null and merged_by is null)),
    constraint landed_is_whole
        check (status <> 'landed' or (path is not null and files is not null and rows is not null
                                      and landed_at is not null and landed_by is not null and merged_at is null)),
    constraint merged_has_landed
        check (status <> 'merged' or (merged_at is not null and merged_by is not null and claimed_by is null
                                      and rows is not null
                                      and (rows = 0 or (path is not null and landed_at is not null)))),
    constraint live_high_is_unique unique (table_name, chain, high),
    constraint live_follows_live foreign key (table_name, chain, follows)
        references control.ledger (table_name, chain, high)
);
do $kinds$
begin
    if not exists (select 1 from pg_constraint c where c.conrelid = 'control.ledger'::regclass
                   and c.conname = 'ledger_kind_check' and pg_get_constraintdef(c.oid) like '%reconcile%') then
        alter table control.ledger drop constraint if exists ledger_kind_check, add constraint ledger_kind_check
            check (kind in ('live', 'backfill', 'reload', 'quarantine', 'reconcile'));
    end if;
end $kinds$;
create unique index if not exists ledger_live_low on control.ledger (table_name, low) where kind = 'live';
create unique index if not exists ledger_one_first on control.ledger (table_name) where is_first;
create index if not exists ledger_newest on control.ledger (table_name, kind, window_id);
create index if not exists ledger_unmerged on control.ledger (table_name, kind, window_id) where status <> 'merged';
create index if not exists ledger_claimed on control.ledger (claimed_by) where claimed_by is not null;
create index if not exists ledger_request on control.ledger (table_name, request) where request is not null;

-- A window only ever goes forward; what was merged stays as it is. The high of an empty one that is merged may move
-- on, and that of a snapshot which has not landed.
create or replace function control.guard_transition() returns trigger
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
begin
    if (new.window_id, new.table_name, new.kind, new.cursor_kind, new.request, new.low, new.is_first) is distinct from
       (old.window_id, old.table_name, old.kind, old.cursor_kind, old.request, old.low, old.is_first) then
        raise exception 'window % of %: its table, kind and low never change', old.window_id, old.table_name;
    elsif new.attempt < old.attempt then
        raise exception 'window % of %: its attempt may not go back from % to %',
            old.window_id, old.table_name, old.attempt, new.attempt;
    elsif old.status = 'merged' and (new.status <> 'merged' or new.path is distinct from old.path
            or new.rows is distinct from old.rows or new.attempt <> old.attempt or new.claimed_by is not null) then
        raise exception 'window % of % is merged and stays merged', old.window_id, old.table_name;
    elsif new.high <> old.high and not (old.kind = 'live' and control.precedes(old.cursor_kind, old.high, new.high)
            and ((old.status = 'merged' and old.rows = 0 and old.path is null)
                 or (old.status = 'open' and old.cursor_kind = 'snapshot'))) then
        raise exception 'window % of %: its high may not move from % to %',
            old.window_id, old.table_name, old.high, new.high;
    elsif old.status = 'open' and new.status = 'merged' and new.rows is distinct from 0 then
        raise exception 'window % of % cannot be merged before it has landed', old.window_id, old.table_name;
    elsif old.status = 'landed' and new.status = 'open' and new.attempt = old.attempt then
        raise exception 'window % of % is read again under a new attempt only', old.window_id, old.table_name;
    end if;
    return new;
end $$;

create or replace trigger guard_transition before update on control.ledger
    for each row execute function control.guard_transition();

-- High bounds that were observed but not yet used: unproven ones of an integer cursor with the source's time at
-- which each was taken, and the newest proven one of a timestamp cursor, below which a later look finds all rows.
create table if not exists control.candidate (
    table_name text not null references control.contract,
    value      text collate "C" not null,
    at         text not null,
    primary key (table_name, value)
);

-- Whether a window that is not live is a live run's own: rows that lie in no window, and late values.
create or replace function control.is_of_live(p_window control.ledger) returns boolean
    language sql immutable
    return p_window.kind = 'quarantine' or (p_window.kind = 'backfill' and starts_with(p_window.request, 'lookback '));

-- Where the next live window of a table begins.
create or replace function control.frontier(p_table text) returns text
    language sql stable
    return coalesce(
        (select l.high from control.ledger l where l.table_name = p_table and l.kind = 'live'
         order by l.window_id desc limit 1),
        (select control.first_low(c.cursor_kind) from control.contract c where c.table_name = p_table));

-- The claim of a run on a window as of one attempt, or an error that says who has it now. Locks the window.
create or replace function control.require_claim(p_window bigint, p_attempt int, p_run text) returns control.ledger
    language plpgsql set search_path = pg_catalog, control, pg_temp as $$
declare
    v_window control.ledger;
begin
    select * into v_window from control.ledger l where l.window_id = p_window for no key update;
    if not found then
        raise exception 'there is no window %', p_window;
    elsif v_window.attempt <> p_attempt or v_window.claimed_by is distinct from p_run then
        raise exception 'window % of % is no longer claimed by run % as attempt %',
                p_window, v_window.table_name, p_run, p_attempt
            using detail = format('it is %s, at attempt %s, claimed by %s', v_window.status, v_window.attempt,
                    coalesce('run ' || v_window.claimed_by, 'nobody')),
                hint = 'Nothing is lost: whoever claims it next finishes it. Do not repeat this step.';
    end if;
    return v_window;
end $$;

revoke all on all functions in schema control from public;
