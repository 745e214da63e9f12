-- The values that a lookback reads below the low bound, as one JSON text: where they begin, how many there are, and a
-- fingerprint of them. While no new value comes, no window is opened that would look back: a late one shows here.
select jsonb_build_object('low', greatest({from_read_low}, -9223372036854775808)::text, 'rows', count(*),
                          'print', md5(coalesce(string_agg(t.{cursor}::text, ',' order by t.{cursor}), '')))::text
from {table} t
where t.{cursor} >= {from_read_low} and t.{cursor} < {from_low}
