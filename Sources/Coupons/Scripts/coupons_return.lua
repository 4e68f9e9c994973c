-- Take back into the root of a leased campaign what a part set aside, once for each number.
--
-- KEYS[1] campaign   the root   KEYS[2] loans
-- ARGV[1] part       ARGV[2] number   of the gift   ARGV[3] units
--
-- Returns {"returned"} or {"known"}; or {"unknown"} or {"stale"}, which change nothing. Safe to repeat.
local field = "gift:" .. ARGV[1]
if redis.call("EXISTS", KEYS[1]) == 0 then
    return {"unknown"}
end
local last = tonumber(redis.call("HGET", KEYS[2], field) or 0)
if tonumber(ARGV[2]) <= last then
    return {"known"}
elseif tonumber(ARGV[2]) ~= last + 1 then
    return {"stale"}
end
redis.call("HSET", KEYS[2], field, ARGV[2])
redis.call("HINCRBY", KEYS[1], "sequence", -tonumber(ARGV[3]))
return {"returned"}
