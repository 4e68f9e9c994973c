-- Pause or resume a campaign, or raise its quota. Saying it twice is saying it once.
--
-- KEYS[1] campaign   KEYS[2] log
-- ARGV[1] change     "paused", "resumed" or "raised"
-- ARGV[2] quota      the new one, for "raised"
--
-- Returns {"ok", revision}, the number of changes so far; or {"unknown"} or {"falls"}, which change nothing.
local change = ARGV[1]
local record = redis.call("HMGET", KEYS[1], "state", "quota", "mode", "revision", "sequence")
if not record[1] then
    return {"unknown"}
end
local revision = record[4] or "0"
local state = change == "paused" and "paused" or "active"
if change == "raised" then
    if tonumber(ARGV[2]) < tonumber(record[2]) then
        return {"falls"}
    elseif tonumber(ARGV[2]) == tonumber(record[2]) then
        return {"ok", revision}
    end
elseif record[1] == state then
    return {"ok", revision}
end

redis.call("XLEN", KEYS[2])
local now_ms = coupons_now()
-- The root of a leased campaign counts the units it has lent, which goes up and down; its log has no issues to stand
-- behind.
local sequence = record[3] == "leased" and 0 or tonumber(record[5])
if change == "raised" then
    redis.call("HSET", KEYS[1], "quota", ARGV[2], "limit", ARGV[2])
    coupons_log(KEYS[2], sequence, "kind", "raised", "quota", ARGV[2], "at", now_ms)
else
    redis.call("HSET", KEYS[1], "state", state)
    coupons_log(KEYS[2], sequence, "kind", change, "at", now_ms)
end
return {"ok", redis.call("HINCRBY", KEYS[1], "revision", 1)}
