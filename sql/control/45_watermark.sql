-- The watermark of a table: the high of the longest unbroken prefix of merged live windows, null before the first.
-- The chain of live windows is unbroken by constraint and numbered in its order, so two looks into indexes find it
-- whatever the length of the ledger; `ledger_check` walks the whole chain instead.

create or replace view control.watermark as
select c.table_name, c.cursor_kind,
       case when stuck.low is null then newest.high
            when not stuck.is_first then stuck.low end as watermark
from control.contract c
left join lateral (
    select l.low, l.is_first from control.ledger l
    where l.table_name = c.table_name and l.kind = 'live' and l.status <> 'merged'
    order by l.window_id limit 1) stuck on true
left join lateral (
    select l.high from control.ledger l
    where l.table_name = c.table_name and l.kind = 'live'
    order by l.window_id desc limit 1) newest on true;

grant select on control.watermark to highwater_factory;
