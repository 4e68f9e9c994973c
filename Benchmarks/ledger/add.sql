\set user random(1, 1000)
\set key random(1, 1000000000000)
begin;
insert into entry (user_id, amount, idempotency_key) values ('u' || :user, 100, :key::text);
update account set balance = balance + 100 where user_id = 'u' || :user;
commit;
