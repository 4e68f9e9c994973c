-- Stand in an account's queue, and take its lock when it is the operation's turn.
--
-- KEYS[1]  the lock
-- KEYS[2]  the account, whose field `token` counts the holders
-- KEYS[3]  the operations that wait
-- KEYS[4]  the shard's stream of wake-ups   KEYS[5] its stream of work   KEYS[6] its accounts whose first was told
-- ARGV[1]  operation  who asks
-- ARGV[2]  order      its place in the queue: the same number for every account that it wants
-- ARGV[3]  lease_ms   how long the lock lasts from now
-- ARGV[4]  join_only  1 to stand in the queue and not take the lock yet
-- ARGV[5]  account    the account's id
-- ARGV[6]  is_back    1 when the operation may have had the lock before
--
-- Returns {"taken", token}; or {"parked", place, wait_ms}: place counts from 1, wait_ms is when to look again at the
-- latest. The operation that has the lock already gets it again under a new token: a process that acted for it before
-- is fenced off. It stays in the queue until it releases the lock. The wake-up that told it of its turn is answered by
-- this call: a change behind it is told anew. A lease that ended told nobody: the operation that had it tells the first
-- in the queue now. Safe to repeat.
local operation, lease_ms = ARGV[1], tonumber(ARGV[3])
local standing = lock_standing(KEYS[1], KEYS[3], operation)
local token = lock_next_token(redis.call("HGET", KEYS[2], "token"))
local side = {lock = KEYS[1], waiters = KEYS[3], wake = KEYS[4], work = KEYS[5], woken = KEYS[6], id = ARGV[5]}
local told = redis.call("HGET", side.woken, side.id)
lock_probe(side)

if told and string.match(told, " (%S+)$") == operation then
    redis.call("HDEL", side.woken, side.id)
end
redis.call("ZADD", KEYS[3], "NX", ARGV[2], operation)
local is_first = redis.call("ZRANGE", KEYS[3], 0, 0)[1] == operation
if standing == "mine" or (standing == "free" and is_first and ARGV[4] ~= "1") then
    redis.call("HSET", KEYS[2], "token", token)
    redis.call("SET", KEYS[1], operation .. ":" .. token, "PX", lease_ms)
    return {"taken", token}
end
if ARGV[6] == "1" and standing == "queued" then lock_wake(side) end
return {"parked", redis.call("ZRANK", KEYS[3], operation) + 1, math.max(redis.call("PTTL", KEYS[1]), 0)}
