-- Send a payment that has lost a lock back to the lockers, once.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] work
-- ARGV[1] id   ARGV[2] look_ms   until a sweeper looks
--
-- Returns {"requeued"}, {"queued"} when it lies there already, {"ended"}, {"dead"} or {"gone"}. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[3])

if payment_absence(payment) then
    return {payment_absence(payment)}
elseif payment_is_sent(KEYS[3], payment.message, id) then
    return {"queued"}
end
local message = work_add(KEYS[3], "operation", id, "from", payment.from, "to", payment.to)
redis.call("HSET", KEYS[1], "message", message)
redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[2]), id)
return {"requeued"}
