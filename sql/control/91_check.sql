-- Every breach of the ledger's promises that the database alone can show. No rows: none was found.
-- Most cannot happen while the constraints stand; this is what finds them after a restore or a repair by hand.
-- `repair` names what may be done without harm, null where a person must decide:
-- release     the claim belongs to no run that lives: free it, and the next run finishes the window
-- read_again  what landed can't be used: open the window again, and the next run lands it under a new attempt

drop function if exists control.ledger_check();
create function control.ledger_check()
    returns table (breach text, table_name text, window_id bigint, detail text, repair text)
    language sql stable security definer set search_path = pg_catalog, control, pg_temp as $$
with ranked as (
    -- Integers by value, all others by their text.
    select l.*, case when l.cursor_kind = 'integer' then l.low::numeric end as low_number,
           coalesce(l.request, '') as series
    from control.ledger l
    where l.kind <> 'quarantine'
), walked as (
    select r.*, row_number() over along as place,
           lag(r.high) over along as before_high, lag(r.window_id) over along as before_id,
           bool_and(r.status = 'merged') over (along rows unbounded preceding) as prefix
    from ranked r
    window along as (partition by r.table_name, r.kind, r.series order by r.low_number, r.low, r.window_id)
), broken as (
    select w.*, w.place > 1 and w.low <> w.before_high as is_broken from walked w
), truth as (
    -- The watermark, found by walking the chain instead of by index.
    select b.table_name,
           (array_agg(b.high order by b.place desc) filter (where b.prefix and not b.breached))[1] as high
    from (select b.*, bool_or(b.is_broken) over (partition by b.table_name order by b.place) as breached
          from broken b where b.kind = 'live') b
    group by b.table_name
), found (breach, table_name, window_id, detail) as (
select case when control.precedes(b.cursor_kind, b.before_high, b.low) then 'gap' else 'overlap' end,
       b.table_name, b.window_id,
       format('%s window %s ends at %s and window %s begins at %s',
              b.kind, b.before_id, b.before_high, b.window_id, b.low)
from broken b where b.is_broken
union all
select 'late start', b.table_name, b.window_id, format('the first %s window begins at %s', b.kind, b.low)
from broken b where b.place = 1 and b.kind in ('live', 'reload') and b.low <> control.first_low(b.cursor_kind)
union all
select 'numbered out of order', b.table_name, b.window_id, format('it follows window %s', b.before_id)
from broken b where b.before_id > b.window_id
union all
select 'backwards', l.table_name, l.window_id, format('low %s does not precede high %s', l.low, l.high)
from control.ledger l where not control.precedes(l.cursor_kind, l.low, l.high)
union all
select 'not canonical', l.table_name, l.window_id, format('low %s, high %s', l.low, l.high)
from control.ledger l
where not (control.is_canonical(l.cursor_kind, l.low) and control.is_canonical(l.cursor_kind, l.high))
union all
select 'landed without a path', l.table_name, l.window_id,
       format('path %s, files %s, rows %s', l.path, l.files, l.rows)
from control.ledger l
where l.status = 'landed' and (l.path is null or l.files is null or l.rows is null or l.landed_at is null)
union all
select 'merged without landing', l.table_name, l.window_id, format('rows %s, path %s', l.rows, l.path)
from control.ledger l
where l.status = 'merged' and (l.rows is null or (l.rows > 0 and (l.path is null or l.landed_at is null)))
union all
select 'path of another window', l.table_name, l.window_id, l.path
from control.ledger l where not starts_with(l.path, l.table_name || '/' || l.window_id || '/')
union all
select 'claim without a live run', l.table_name, l.window_id,
       format('claimed by run %s, which %s', l.claimed_by, coalesce(r.status, 'is unknown'))
from control.ledger l left join control.run r on r.run_id = l.claimed_by
where l.claimed_by is not null and r.status is distinct from 'running'
union all
select 'claim without a lease', l.table_name, l.window_id,
       format('claimed by %s until %s', l.claimed_by, l.lease_until)
from control.ledger l where (l.claimed_by is null) <> (l.lease_until is null)
union all
select 'merged and claimed', l.table_name, l.window_id, format('claimed by run %s', l.claimed_by)
from control.ledger l where l.status = 'merged' and l.claimed_by is not null
union all
select 'cursor of another kind', l.table_name, min(l.window_id),
       format('the contract says %s, the ledger %s', c.cursor_kind, l.cursor_kind)
from control.ledger l join control.contract c using (table_name)
where l.cursor_kind <> c.cursor_kind and l.kind <> 'quarantine'
group by l.table_name, c.cursor_kind, l.cursor_kind
union all
select 'reload beyond the watermark', l.table_name, l.window_id,
       format('it ends at %s, the watermark is %s', l.high, t.high)
from control.ledger l left join truth t using (table_name)
where l.kind = 'reload' and l.cursor_kind <> 'snapshot'
  and (t.high is null or control.precedes(l.cursor_kind, t.high, l.high))
union all
select 'watermark inconsistent', w.table_name, null, format('it says %s, the windows say %s', w.watermark, t.high)
from control.watermark w left join truth t using (table_name)
where w.watermark is distinct from t.high
)
select f.breach, f.table_name, f.window_id, f.detail,
       case when f.breach in ('claim without a live run', 'claim without a lease', 'merged and claimed') then 'release'
            when f.breach in ('landed without a path') then 'read_again' end
from found f
order by 2, 3, 1;
$$;

revoke all on all functions in schema control from public;
grant execute on function control.ledger_check() to highwater_factory;
