-- Take a loan into a part of a leased campaign, once for each number.
--
-- KEYS[1] the part's campaign
-- ARGV[1] number   of the loan   ARGV[2] units   ARGV[3] state   of the root   ARGV[4] revision   of the root
--
-- Returns {"taken"} or {"known"}; or {"unknown"} or {"stale"}, which change nothing. Safe to repeat.
local record = redis.call("HMGET", KEYS[1], "loan", "revision")
if not record[1] then
    return {"unknown"}
elseif tonumber(ARGV[4]) > tonumber(record[2]) then
    redis.call("HSET", KEYS[1], "state", ARGV[3], "revision", ARGV[4])
end
local last = tonumber(record[1])
if tonumber(ARGV[1]) <= last then
    return {"known"}
elseif tonumber(ARGV[1]) ~= last + 1 then
    return {"stale"}
end
redis.call("HSET", KEYS[1], "loan", ARGV[1])
redis.call("HINCRBY", KEYS[1], "limit", ARGV[2])
redis.call("HDEL", KEYS[1], "dry_until")
return {"taken"}
