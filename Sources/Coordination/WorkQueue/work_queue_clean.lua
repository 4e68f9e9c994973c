-- Forget a stream's consumers that are gone: idle for long, and with nothing that only they know of.
--
-- KEYS[1]  the stream
-- ARGV[1]  group
-- ARGV[2]  idle_ms  who was idle for longer is gone
--
-- Returns how many were forgotten; 0 as well when there is no such stream or group.
-- A consumer with pending messages stays until another has taken them over: with it, they would be lost.
local consumers = redis.pcall("XINFO", "CONSUMERS", KEYS[1], ARGV[1])
if consumers.err then
    return 0
end
local idle_ms = tonumber(ARGV[2])
local forgotten = 0
for _, fields in ipairs(consumers) do
    local consumer = {}
    for i = 1, #fields, 2 do
        consumer[fields[i]] = fields[i + 1]
    end
    if consumer.pending == 0 and consumer.idle > idle_ms then
        redis.call("XGROUP", "DELCONSUMER", KEYS[1], ARGV[1], consumer.name)
        forgotten = forgotten + 1
    end
end
return forgotten
