-- The same transfer as Tally's: two entries with a unique key each, and two balances.
create table acct(uid text primary key, bal bigint);
create table entry(id bigserial primary key, uid text, amt bigint, idem text unique, at timestamptz default now());
insert into acct select 'u' || g, 0 from generate_series(1, 1000) g;
create index on entry(uid, id desc);
