-- Keep a lease for another term, if it is still the caller's.
--
-- KEYS[1]  the lease
-- ARGV[1]  fence   under which the caller holds it
-- ARGV[2]  ttl_ms  how long the lease lasts from now
--
-- Returns 1 when it was kept, 0 when it was no longer the caller's. Safe to repeat. One that has ended is not taken
-- anew: another may have had it meanwhile.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return 0
end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])
