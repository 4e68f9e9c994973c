-- Give a lease back, if it is still the caller's.
--
-- KEYS[1]  the lease
-- ARGV[1]  fence  under which the caller held it
--
-- Returns 1 when it was given back, 0 when it was no longer the caller's.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return 0
end
return redis.call("DEL", KEYS[1])
