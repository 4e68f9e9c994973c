-- Let a consumer go: the next one takes over at once the messages that it has not finished.
--
-- KEYS[1]  the stream
-- ARGV[1]  group
-- ARGV[2]  consumer
-- ARGV[3]  idle_ms  for how long its messages are said to have been idle
--
-- Returns how many messages it handed back; with none it is forgotten. 0 as well when there is no such stream or group.
local start, handed_back = "-", 0
while true do
    local pending = redis.pcall("XPENDING", KEYS[1], ARGV[1], start, "+", 1000, ARGV[2])
    if pending.err then
        return 0
    end
    local ids = {}
    for i, message in ipairs(pending) do
        ids[i] = message[1]
    end
    if #ids == 0 then
        break
    end
    -- JUSTID: nothing is delivered by this. Every id on its own, since unpack has a limit.
    for _, id in ipairs(ids) do
        redis.call("XCLAIM", KEYS[1], ARGV[1], ARGV[2], 0, id, "IDLE", ARGV[3], "JUSTID")
    end
    handed_back = handed_back + #ids
    start = "(" .. ids[#ids]
end
if handed_back == 0 then
    redis.call("XGROUP", "DELCONSUMER", KEYS[1], ARGV[1], ARGV[2])
end
return handed_back
