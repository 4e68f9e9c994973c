-- Count a try that failed, and make a dead letter of a payment that failed too often.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] the stream of the message
-- KEYS[5…9]   the payer's lock, waiters, wake, work and woken
-- KEYS[10…14] the payee's, when they may lie in the same script, else none
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty to leave it   ARGV[3] limit   of tries
-- ARGV[4] pause_ms   until the next try   ARGV[5] reason
--
-- Returns {"again", attempts}, {"dead", attempts}, or {"ended"} for one that has, or is a dead letter already. A dead
-- letter gives up its locks and places, so that others go on; one whose money has not moved is pending again.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
redis.call("ZCARD", KEYS[2])
redis.call("ZCARD", KEYS[3])

work_done(KEYS[4], ARGV[2])
if payment_absence(payment) then
    return {"ended"}
end
local attempts = redis.call("HINCRBY", KEYS[1], "attempts", 1)
if attempts < tonumber(ARGV[3]) then
    if ARGV[2] ~= "" then
        redis.call("HSET", KEYS[1], "message", "")
        redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[4]), id)
    end
    return {"again", attempts}
end
redis.call("HSET", KEYS[1], "dead", ARGV[5], "message", "")
if payment.state == "locked" then
    redis.call("HSET", KEYS[1], "state", "pending")
end
-- A sweeper looks once more: something may be left to do in another shard.
redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[4]), id)
redis.call("ZADD", KEYS[3], ledger_text(now_ms), id)
for first = 5, #KEYS, #PAYMENT_QUEUE do
    local side = payment_side(KEYS, PAYMENT_QUEUE, first, first == 5 and payment.from or payment.to)
    -- A key that is broken here may be the very reason; the rest must go on all the same.
    pcall(payment_leave, side, id, first == 5 and KEYS[2], now_ms + ARGV[4])
end
return {"dead", attempts}
