-- Give an operation's lock back, leave the queue or keep the place in it, and wake the next.
--
-- KEYS[1]  the lock
-- KEYS[2]  the operations that wait
-- KEYS[3]  the shard's stream of wake-ups
-- KEYS[4]  the shard's stream of work
-- ARGV[1]  operation  whose lock it is
-- ARGV[2]  account    the account's id, for the wake-up
-- ARGV[3]  stay       1 to keep the place in the queue
--
-- Returns 1 when the lock was the operation's, else 0. Also for an operation that only waits: it gives up its place.
-- Safe to repeat. Another operation's lock is left alone.
local standing = lock_standing(KEYS[1], KEYS[2], ARGV[1])
redis.call("XLEN", KEYS[3])
redis.call("XLEN", KEYS[4])

local released = 0
if standing == "mine" then
    released = redis.call("DEL", KEYS[1])
end
if ARGV[3] ~= "1" then
    redis.call("ZREM", KEYS[2], ARGV[1])
end
lock_wake(KEYS[2], KEYS[3], KEYS[4], ARGV[2])
return released
