-- The least that a service of one's own would have: balances, entries, and a unique key for each add.
create table account (user_id text primary key, balance bigint not null);
create table entry (
  id bigserial primary key,
  user_id text not null,
  amount bigint not null,
  idempotency_key text unique,
  created_at timestamptz not null default now()
);
insert into account select 'u' || n, 0 from generate_series(1, 1000) n;
create index on entry (user_id, id desc);
