-- Take over what consumers left that were in this one's place before: they are gone, so nobody waits for their time.
--
-- KEYS[1]  the stream
-- ARGV[1]  group
-- ARGV[2]  consumer  who takes it
-- ARGV[3]  prefix    of the others' names
-- ARGV[4]  idle_ms   for how long the messages are said to have been idle
--
-- Returns how many messages it took; 0 as well when there is no such stream or group.
local consumers = redis.pcall("XINFO", "CONSUMERS", KEYS[1], ARGV[1])
local taken = 0
for _, fields in ipairs(consumers.err and {} or consumers) do
    local other = {}
    for i = 1, #fields, 2 do
        other[fields[i]] = fields[i + 1]
    end
    if other.name ~= ARGV[2] and string.sub(other.name, 1, #ARGV[3]) == ARGV[3] and other.pending > 0 then
        local pending = redis.call("XPENDING", KEYS[1], ARGV[1], "-", "+", other.pending, other.name)
        for _, message in ipairs(pending) do
            -- JUSTID: nothing is delivered by this.
            redis.call("XCLAIM", KEYS[1], ARGV[1], ARGV[2], 0, message[1], "IDLE", ARGV[4], "JUSTID")
        end
        taken = taken + #pending
    end
end
return taken
