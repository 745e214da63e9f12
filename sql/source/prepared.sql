-- Prepared transactions show only when they were prepared, not since when they write: while there is one, nothing
-- is safe. Looked for after those in flight: one that is prepared in between is seen at least once.
select count(*) as n, min(p.prepared) as since, min(p.gid) as gid
from pg_prepared_xacts p
where p.database = current_database() and f.n is not null
