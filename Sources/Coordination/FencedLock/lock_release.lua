-- Give an operation's lock back, leave the queue or keep the place in it, and wake the next.
--
-- KEYS[1]  the lock
-- KEYS[2]  the operations that wait
-- KEYS[3]  the shard's stream of wake-ups
-- KEYS[4]  the shard's stream of work
-- KEYS[5]  the shard's accounts whose first operation was told
-- ARGV[1]  operation  whose lock it is
-- ARGV[2]  account    the account's id, for the wake-up
-- ARGV[3]  stay       1 to keep the place in the queue
--
-- Returns 1 when the lock was the operation's, else 0. Also for an operation that only waits: it gives up its place. An
-- operation that gave up neither wakes nobody. Safe to repeat. Another operation's lock is left alone.
local side = {lock = KEYS[1], waiters = KEYS[2], wake = KEYS[3], work = KEYS[4], woken = KEYS[5], id = ARGV[2]}
local is_mine = lock_standing(KEYS[1], KEYS[2], ARGV[1]) == "mine"
lock_probe(side)

if ARGV[3] ~= "1" then
    lock_leave(side, ARGV[1])
elseif is_mine then
    redis.call("DEL", KEYS[1])
    lock_wake(side)
end
return is_mine and 1 or 0
