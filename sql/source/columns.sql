-- What the source's columns are otherwise than the contract says, as a JSON text: an array of {name, was, is}. `was` is
-- the contract's type in PostgreSQL's own words, null for a column that it does not name; `is` is the source's, null
-- for one that is gone. One entry without a name says that the table is gone; null, that nothing differs.
select case when t.oid is null then jsonb_build_array(jsonb_build_object('name', null)) else (
           select jsonb_agg(jsonb_build_object('name', coalesce(w.name, h.name), 'was', w.type, 'is', h.type)
                            order by coalesce(w.name, h.name))
           from (values {wanted}) w (name, type)
           full join (
               select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type
               from pg_catalog.pg_attribute a
               where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped) h on h.name = w.name
           where w.type is distinct from h.type)
       end::text as columns
from (select to_regclass({table_text})::oid as oid) t
