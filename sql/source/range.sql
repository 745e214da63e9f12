-- The rows of a range whose bounds are known, and where to cut it.
select case when count(*) > 0 then {high} end as high,
       count(*) as rows,
       coalesce(jsonb_agg(distinct {value_text})
                filter (where r.i > 1 and (r.i - 1) % coalesce({chunk}::bigint, {chunk_rows}) = 0), '[]')::text as cuts,
       null::text as candidate,
       null::text as candidate_at,
       null::text as held_by,
       null::numeric as held_seconds,
       null::text as as_of,
       null::text as outside,
       null::text as late,
       ({source_columns}) as columns
from (
    select t.{cursor} as v, row_number() over (order by t.{cursor}) as i
    from {table} t
    where t.{cursor} >= {from_low} and t.{cursor} < {from_high_argument}
) r
