-- The rows whose cursor lies in no window, as one JSON text: how many, by name; how many of them land (`rows`), and a
-- fingerprint of these. Rows less than a day ahead wait: a live window reads them when their time has come. The index
-- on the cursor answers. Each row counts with the transaction that wrote it: what changes and changes back has changed.
select jsonb_build_object(
           'null', count(*) filter (where o.v is null),
           'infinite', count(*) filter (where not isfinite(o.v)),
           'in the far future', count(*) filter (where isfinite(o.v) and o.v >= {far}),
           'before year 1', count(*) filter (where isfinite(o.v) and o.v < {first}),
           'rows', count(*) filter (where {lands}),
           'print', md5(coalesce(string_agg(o.print, '' order by o.print) filter (where {lands}), '')))::text
from (
    select t.{cursor} as v, md5(row({columns}, t.xmin)::text) as print
    from {table} t
    where t.{cursor} is null or t.{cursor} < {first} or t.{cursor} >= {far}
) o
