-- The transactions in flight in this database, as one row {oldest, who, ahead, n}; `c` is a row made before the look.
-- A transaction that has not written yet counts, since its now() is its start. So does every type of backend: workers
-- of replication write too. A session whose activity is not tracked counts from its own start. Not counted are this
-- query itself, the login that it runs as, if that login cannot write the table: Highwater's own copies only read, and
-- the workers of autovacuum: VACUUM and ANALYZE write no row, and those of a large table take hours.
select min(s.started) as oldest, (array_agg(s.who order by s.started))[1] as who,
       coalesce(bool_or(s.started > clock_timestamp()), false) as ahead, count(*) as n
from (
    select coalesce(a.xact_start, case when a.state = 'disabled' then a.backend_start end) as started,
           concat_ws(' ', 'pid', a.pid, a.usename, nullif(a.application_name, ''), a.backend_type) as who
    from pg_stat_activity a
    where a.datid = (select d.oid from pg_database d where d.datname = current_database())
      and a.pid <> pg_backend_pid()
      and a.leader_pid is distinct from pg_backend_pid()
      and a.backend_type is distinct from 'autovacuum worker'
      and not coalesce(a.usename = session_user
              and not has_any_column_privilege(session_user, {table_text}, 'INSERT, UPDATE'), false)
      and c.may_look = 0
) s
where s.started is not null and c.fresh is not null
