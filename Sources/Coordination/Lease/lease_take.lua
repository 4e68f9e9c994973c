-- Take a lease: at most one owner has it until it expires.
--
-- KEYS[1]  the lease: a hash of owner and token, gone when it has expired
-- KEYS[2]  the counter of fencing tokens, which never expires
-- ARGV[1]  owner   who asks
-- ARGV[2]  ttl_ms  how long the lease lasts from now
--
-- Returns {held, token, remaining_ms}: held is 1 when the caller has it; token and remaining_ms are the holder's.
-- A repeated call by the same owner keeps the token: it is safe to repeat.
local owner, ttl_ms = ARGV[1], tonumber(ARGV[2])
local holder = redis.call("HGET", KEYS[1], "owner")

if holder and holder ~= owner then
    return {0, tonumber(redis.call("HGET", KEYS[1], "token")), redis.call("PTTL", KEYS[1])}
end

local token
if holder then
    token = tonumber(redis.call("HGET", KEYS[1], "token"))
else
    -- A new holder is told apart from every earlier one, also from itself before a pause.
    token = redis.call("INCR", KEYS[2])
    redis.call("HSET", KEYS[1], "owner", owner, "token", token)
end
redis.call("PEXPIRE", KEYS[1], ttl_ms)
return {1, token, ttl_ms}
