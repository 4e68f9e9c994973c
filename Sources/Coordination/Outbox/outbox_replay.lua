-- Put a dead letter back into the outbox, once, with its old idempotency key and a new age.
--
-- KEYS[1]  the outbox's stream
-- KEYS[2]  the dead letters' stream
-- ARGV[1]  id  the dead letter
--
-- Returns 1 when it was put back, 0 when it was no longer there.
local entries = redis.call("XRANGE", KEYS[2], ARGV[1], ARGV[1])
if #entries == 0 then
    return 0
end
local time = redis.call("TIME")
local now_ms = string.format("%.0f", tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local fields = {}
for i = 1, #entries[1][2], 2 do
    local name, value = entries[1][2][i], entries[1][2][i + 1]
    if name ~= "reason" then
        fields[#fields + 1] = name
        fields[#fields + 1] = name == "created_ms" and now_ms or value
    end
end
redis.call("XADD", KEYS[1], "*", unpack(fields))
redis.call("XDEL", KEYS[2], ARGV[1])
return 1
