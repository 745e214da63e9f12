create schema etl;
create table etl.tables (schema_name text, table_name text, query text, enabled boolean, owner text);
insert into etl.tables values
    ('public', 'customers', null, true, 'sales'),
    ('public', 'orders', 'select id, customer_id, amount from public.orders where amount > 10', true, 'sales'),
    ('public', 'old', null, false, 'sales'),
    ('public', 'staff', null, true, 'people');
create table public.customers (id int primary key, name text);
insert into public.customers values (1, 'Ada'), (2, 'Grace'), (3, null);
create table public.orders (id int, customer_id int, amount numeric(10, 2));
insert into public.orders values (1, 1, 5.00), (2, 1, 12.50), (3, 2, 99.99);
