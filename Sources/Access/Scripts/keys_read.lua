-- Read the API keys when they have changed, and note which were used.
--
-- KEYS[1]  the keys, a hash by id     KEYS[2]  revision of the keys
-- KEYS[3]  when each was used last, a hash by id
-- KEYS[4]  head of the log of operators' actions
-- ARGV[1]  what was answered as the revision before, or "" for none
-- ARGV[2…]  ids of keys that were used just now
--
-- Returns {revision}, or {revision, ids and records in turn} when it is another. Safe to repeat. The log's head is a
-- part of it: a failover that loses a change gives its number to the next one.
local time = redis.call("TIME")
local now_ms = string.format("%.0f", tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
for index = 2, #ARGV do
    if redis.call("HGET", KEYS[1], ARGV[index]) then
        redis.call("HSET", KEYS[3], ARGV[index], now_ms)
    end
end
local revision = (redis.call("GET", KEYS[2]) or "0") .. " " .. (redis.call("GET", KEYS[4]) or "")
if revision == ARGV[1] then return {revision} end
return {revision, redis.call("HGETALL", KEYS[1])}
