-- The rows whose cursor lies in no window, as one JSON text: how many, by name; how many of them land (`rows`), and a
-- fingerprint of these. No window holds the highest bigint: a high bound beyond it can't be written.
select jsonb_build_object(
           'null', count(*) filter (where o.v is null),
           'the highest bigint', count(*) filter (where o.v is not null),
           'rows', count(*) filter (where {lands}),
           'print', md5(coalesce(string_agg(o.print, '' order by o.print) filter (where {lands}), '')))::text
from (
    select t.{cursor} as v, md5(row({columns}, t.xmin)::text) as print
    from {table} t
    where t.{cursor} is null or t.{cursor} = 9223372036854775807
) o
