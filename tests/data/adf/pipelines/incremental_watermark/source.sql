create schema etl;
create table etl.watermark (table_name text primary key, value text);
insert into etl.watermark values ('orders', '2024-01-02 00:00:00');
create table public.orders (id int, amount numeric(10, 2), changed_at timestamp);
insert into public.orders values
    (1, 5.00, '2024-01-01 10:00:00'),
    (2, 12.50, '2024-01-02 10:00:00'),
    (3, 99.99, '2024-01-03 11:30:00');
