-- Keep a lock for another lease.
--
-- KEYS[1]  the lock
-- KEYS[2]  the account
-- ARGV[1]  operation  who holds it
-- ARGV[2]  token      under which it is held
-- ARGV[3]  lease_ms   how long it lasts from now
--
-- Returns 1 when it is kept, 0 when it is no longer held under this token.
if not lock_is_held(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) then
    return 0
end
return redis.call("PEXPIRE", KEYS[1], ARGV[3])
