-- Publish the count of a closed window, once: one stream entry and one report for each endpoint.
--
-- KEYS[1]  the stream of counts
-- KEYS[2]  the lease of the role that publishes
-- KEYS[3]  the outbox's stream
-- ARGV[1]  fence         under which the caller holds the lease
-- ARGV[2]  start_ms      the window's start
-- ARGV[3]  minute        the same as RFC 3339
-- ARGV[4]  unique_count  the final count
-- ARGV[5]  retention_ms  how long counts are kept
-- ARGV[6]  approximate   1 when the count is one
-- ARGV[7…] for each report: endpoint, method, body, idempotency_key
--
-- Returns "published"; "known" when this or a later window was published before; "fenced" when the caller's lease is
-- no longer its own. Only the first changes anything.
if not lease_is_held(KEYS[2], ARGV[1]) then
    return "fenced"
end

local start_ms = tonumber(ARGV[2])
local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)
if #last > 0 and tonumber(string.match(last[1][1], "^%d+")) >= start_ms then
    return "known"
end

local fields = {"minute", ARGV[3], "unique_count", ARGV[4]}
if ARGV[6] == "1" then
    fields[#fields + 1] = "approximate"
    fields[#fields + 1] = "1"
end
local oldest = string.format("%.0f", math.max(start_ms - ARGV[5], 0))
redis.call("XADD", KEYS[1], "MINID", "~", oldest, ARGV[2] .. "-0", unpack(fields))

local time = redis.call("TIME")
local now_ms = string.format("%.0f", tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
for i = 7, #ARGV, 4 do
    redis.call("XADD", KEYS[3], "*", "endpoint", ARGV[i], "method", ARGV[i + 1], "body", ARGV[i + 2],
        "idempotency_key", ARGV[i + 3], "created_ms", now_ms)
end
return "published"
