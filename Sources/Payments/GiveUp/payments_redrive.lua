-- Give a dead letter to the workers again, with no tries behind it.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4…8] the payer's lock, waiters, wake, work and woken
-- ARGV[1] id   ARGV[2] look_ms   until a sweeper looks
--
-- Returns 1 when it was a dead letter, else 0. It joins its payer's queue behind all who are there, and they wake it;
-- one whose money has moved goes to the workers at once. Safe to repeat.
local id = ARGV[1]
local now_ms, now_us = ledger_time()
local payment = payment_read(KEYS[1])
local from = payment_side(KEYS, PAYMENT_QUEUE, 4, payment and payment.from)
local last = redis.call("ZRANGE", from.waiters, -1, -1, "WITHSCORES")
redis.call("ZCARD", KEYS[2])
lock_probe(from)

redis.call("ZREM", KEYS[3], id)
if not payment or payment.dead == "" then
    return 0
end
local order = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
local message = ""
redis.call("HDEL", KEYS[1], "dead")
redis.call("ZADD", from.waiters, order, id)
local rank = redis.call("ZRANK", from.waiters, id)
if payment.state ~= "pending" then
    message = work_add(from.work, "operation", id, "from", payment.from, "to", payment.to)
elseif rank == 0 then
    lock_call(from, id)
end
redis.call("HSET", KEYS[1], "attempts", "0", "order", order, "message", message)
redis.call("ZADD", KEYS[2], ledger_text(now_ms + payment_patience(message == "" and rank or 0, ARGV[2])), id)
return 1
