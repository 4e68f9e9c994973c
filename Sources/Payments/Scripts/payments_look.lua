-- Look at a payment that has not ended, and send it to the workers when nobody else will.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] work   KEYS[4] locked   KEYS[5] the payer's waiters
-- ARGV[1] id   ARGV[2] look_ms   until the next look
--
-- Returns {"sent"}, {"early"} before its time, {"waits"} behind another of its payer, {"queued"} while its message is
-- there, {"ended"}, {"dead"} or {"gone"}: these stay open until the caller has cleaned up. Safe to repeat.
local id, look_ms = ARGV[1], tonumber(ARGV[2])
local now_ms, now_us = ledger_time()
local payment = payment_read(KEYS[1])
local head = redis.call("ZRANGE", KEYS[5], 0, 0)[1]
local place = redis.call("ZSCORE", KEYS[5], id)
local last = redis.call("ZRANGE", KEYS[5], -1, -1, "WITHSCORES")
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[3])
redis.call("XLEN", KEYS[4])

local function again(outcome, at_ms)
    redis.call("ZADD", KEYS[2], ledger_text(at_ms), id)
    return {outcome}
end
if payment_absence(payment) then
    return {payment_absence(payment)}
elseif payment.state == "pending" and tonumber(payment.not_before) > now_ms then
    return again("early", payment.not_before)
elseif payment.state == "pending" and not place then
    -- Its time has come: it joins its payer's queue behind all who are there.
    local order = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
    redis.call("ZADD", KEYS[5], order, id)
    redis.call("HSET", KEYS[1], "order", order)
    head = head or id
end
if payment.state == "pending" and head ~= id then
    return again("waits", now_ms + 12 * look_ms)
end
local message = payment.message
if message ~= "" and (#redis.call("XRANGE", KEYS[3], message, message) > 0
    or #redis.call("XRANGE", KEYS[4], message, message) > 0) then
    return again("queued", now_ms + look_ms)
end
redis.call("HSET", KEYS[1], "message", work_add(KEYS[3], "operation", id, "from", payment.from, "to", payment.to))
return again("sent", now_ms + look_ms)
