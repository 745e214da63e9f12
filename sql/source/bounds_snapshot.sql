-- Whether the content of a table that is read whole has changed: the number of the observation and a fingerprint.
-- Each row counts with the transaction that wrote it, so content that changes and changes back while a copy runs is
-- still seen as changed.
with content as materialized (
    select count(*) as n,
           md5(coalesce(string_agg(md5(row({columns}, t.xmin)::text), '' order by {order}), '')) as print
    from {table} t
)
select case when c.print <> split_part({low}, '-', 2)
            then lpad((split_part({low}, '-', 1)::bigint + 1)::text, 12, '0') || '-' || c.print end as high,
       c.n as rows,
       '[]' as cuts,
       null::text as candidate,
       null::text as candidate_at,
       null::text as held_by,
       null::numeric as held_seconds,
       to_char(transaction_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as as_of,
       null::text as outside,
       null::text as late,
       ({source_columns}) as columns
from content c
