-- Decide when to look at an account's waiting operations again.
--
-- KEYS[1]  the lock
-- KEYS[2]  the operations that wait
-- KEYS[3]  the shard's accounts with waiting operations
-- ARGV[1]  id        the account's id
-- ARGV[2]  pause_ms  at the earliest from now
--
-- Returns how many wait; the account leaves the list when none does.
local now_ms = ledger_time()
local waiting, left_ms = redis.call("ZCARD", KEYS[2]), redis.call("PTTL", KEYS[1])
if waiting == 0 then
    redis.call("ZREM", KEYS[3], ARGV[1])
else
    redis.call("ZADD", KEYS[3], ledger_text(now_ms + math.max(left_ms, tonumber(ARGV[2]))), ARGV[1])
end
return waiting
