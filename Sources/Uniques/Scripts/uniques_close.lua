-- Close a window for ever: from now on it takes no ids, and its count is fixed.
--
-- KEYS[1]  the window's count of unique ids
-- KEYS[2]  the mark that the window is closed, which holds the final count
-- KEYS[3]  the window's sketch, when the store is hll
-- ARGV[1]  start_ms   the window's start
-- ARGV[2]  window_ms  the window's length
-- ARGV[3]  grace_ms   how long after its end the window still takes ids
-- ARGV[4]  keep_ms    when the mark may go, by Redis's clock
--
-- Returns {"closed", count}, the same count on every call; {"open", now_ms} and changes nothing before its time; or
-- {"absent", 0} when the service did not run in this window.
local time = redis.call("TIME")
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if now_ms < tonumber(ARGV[1]) + ARGV[2] + ARGV[3] then
    return {"open", now_ms}
end

local closed = redis.call("GET", KEYS[2])
if closed then
    return {"closed", tonumber(closed)}
end

local count = redis.call("GET", KEYS[1])
if not count then
    return {"absent", 0}
end
if redis.call("EXISTS", KEYS[3]) == 1 then
    count = redis.call("PFCOUNT", KEYS[3])
end
-- NX: the first value is the value, whatever comes later.
redis.call("SET", KEYS[2], count, "NX", "PXAT", ARGV[4])
return {"closed", tonumber(count)}
