-- Give a lease back, if it is still the caller's.
--
-- KEYS[1]  the lease
-- ARGV[1]  token  the fencing token under which the caller held it
--
-- Returns 1 when it was given back, 0 when it was no longer the caller's.
if redis.call("HGET", KEYS[1], "token") ~= ARGV[1] then
    return 0
end
return redis.call("DEL", KEYS[1])
