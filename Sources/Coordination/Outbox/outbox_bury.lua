-- Move a message from the outbox to the dead letters, once.
--
-- KEYS[1]  the outbox's stream
-- KEYS[2]  the dead letters' stream
-- ARGV[1]  id            the message
-- ARGV[2]  reason        why it was never delivered
-- ARGV[3]  length_limit  dead letters that are kept, about
--
-- Returns 1 when it was moved, 0 when it was no longer there.
local entries = redis.call("XRANGE", KEYS[1], ARGV[1], ARGV[1])
if #entries == 0 then
    return 0
end
local fields = entries[1][2]
fields[#fields + 1] = "reason"
fields[#fields + 1] = ARGV[2]
redis.call("XADD", KEYS[2], "MAXLEN", "~", ARGV[3], "*", unpack(fields))
redis.call("XDEL", KEYS[1], ARGV[1])
return 1
