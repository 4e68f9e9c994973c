-- Decide when to look at an account's waiting operations again.
--
-- KEYS[1]  the lock
-- KEYS[2]  the operations that wait
-- KEYS[3]  the shard's accounts with waiting operations
-- KEYS[4]  its stream of wake-ups   KEYS[5] its stream of work   KEYS[6] its accounts whose first operation was told
-- ARGV[1]  id        the account's id
-- ARGV[2]  pause_ms  at the earliest from now
--
-- Returns how many wait; the account leaves the list when none does.
local now_ms, now_us = ledger_time()
local side = {lock = KEYS[1], waiters = KEYS[2], wake = KEYS[4], work = KEYS[5], woken = KEYS[6], id = ARGV[1]}
local waiting, left_ms = redis.call("ZCARD", KEYS[2]), redis.call("PTTL", KEYS[1])
local head = redis.call("ZRANGE", KEYS[2], 0, 0)[1]
-- A payment that nobody is at work on may have ended and left its place: once in a while a worker is told to see. A
-- damaged account is looked at again all the same.
if head and string.find(head, "-", 1, true) and left_ms < 0 and now_us % 16 == 0 then
    pcall(lock_call, side, head)
end
if waiting == 0 then
    redis.call("ZREM", KEYS[3], ARGV[1])
else
    redis.call("ZADD", KEYS[3], ledger_text(now_ms + math.max(left_ms, tonumber(ARGV[2]))), ARGV[1])
end
return waiting
