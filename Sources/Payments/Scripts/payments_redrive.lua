-- Give a dead letter to the workers again, with no tries behind it.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] work   KEYS[5] the payer's waiters
-- ARGV[1] id   ARGV[2] look_ms   until a sweeper looks
--
-- Returns 1 when it was a dead letter, else 0. It joins its payer's queue behind all who are there. Safe to repeat.
local id = ARGV[1]
local now_ms, now_us = ledger_time()
local payment = payment_read(KEYS[1])
local last = redis.call("ZRANGE", KEYS[5], -1, -1, "WITHSCORES")
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[4])

redis.call("ZREM", KEYS[3], id)
if not payment or payment.dead == "" then
    return 0
end
local order = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
redis.call("HDEL", KEYS[1], "dead")
redis.call("ZADD", KEYS[5], order, id)
local message = work_add(KEYS[4], "operation", id, "from", payment.from, "to", payment.to)
redis.call("HSET", KEYS[1], "attempts", "0", "order", order, "message", message)
redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[2]), id)
return 1
