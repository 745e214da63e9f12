-- What a contract's table is at the source, as one row, asked with the rights that the factory has.
with t as (
    select c.oid, c.relkind from pg_catalog.pg_class c
    where c.oid = to_regclass({table_text})
), columns as (
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable, a.attnum
    from t join pg_catalog.pg_attribute a on a.attrelid = t.oid
    where a.attnum > 0 and not a.attisdropped
), led as (
    -- An index that can answer where the cursor begins: whole, valid, ordered, the cursor first.
    select i.indexrelid from t
    join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisvalid and i.indpred is null
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
    join columns c on c.attnum = i.indkey[0] and c.name = {cursor_text}
)
select exists (select from t) as there,
       coalesce(has_table_privilege((select t.oid from t), 'SELECT'), false) as readable,
       (select coalesce(jsonb_object_agg(c.name, jsonb_build_object('type', c.type, 'nullable', c.nullable)), jsonb_build_object())
        from columns c) as columns,
       exists (select from led) as indexed,
       (select s.seqcache from columns c
        join pg_catalog.pg_sequence s on s.seqrelid = pg_get_serial_sequence({table_text}, c.name)::regclass
        where c.name = {cursor_text}) as cache,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') as sees_transactions,
       current_setting('track_activities') = 'on' as tracks,
       pg_is_in_recovery() as replica,
       current_user::text as login,
       current_setting('TimeZone') as zone,
       -- Wall time of the server's zone lies at most so many seconds behind UTC in a year.
       (select extract(epoch from max((d at time zone 'UTC') - (d at time zone current_setting('TimeZone'))))
        from generate_series(timestamptz '2024-01-01', timestamptz '2024-12-31', interval '7 days') d)::int as behind
