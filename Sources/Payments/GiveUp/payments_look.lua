-- Look at a payment that has not ended, and send it to the workers when nobody else will.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] work   KEYS[4] locked   KEYS[5] the payer's waiters   KEYS[6] woken
-- ARGV[1] id   ARGV[2] look_ms   until the next look
-- ARGV[3] is_behind   1 when it stands in the payee's queue and another is before it there, or has the payee's lock
--
-- Returns {"sent"}, {"early"} before its time, {"waits"} behind another, who wakes it, {"queued"} while its message is
-- there, {"ended"}, {"dead"} or {"gone"}: these stay open until the caller has cleaned up. Safe to repeat.
local id, look_ms = ARGV[1], tonumber(ARGV[2])
local now_ms, now_us = ledger_time()
local payment = payment_read(KEYS[1])
local rank = redis.call("ZRANK", KEYS[5], id)
local last = redis.call("ZRANGE", KEYS[5], -1, -1, "WITHSCORES")
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[3])
redis.call("XLEN", KEYS[4])
redis.call("HLEN", KEYS[6])

local function again(outcome, at_ms)
    redis.call("ZADD", KEYS[2], ledger_text(at_ms), id)
    return {outcome}
end
if payment_absence(payment) then
    return {payment_absence(payment)}
elseif payment.state == "pending" and tonumber(payment.not_before) > now_ms then
    return again("early", payment.not_before)
elseif payment.state == "pending" and not rank then
    -- Its time has come: it joins its payer's queue behind all who are there.
    local order = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
    redis.call("ZADD", KEYS[5], order, id)
    redis.call("HSET", KEYS[1], "order", order)
    rank = redis.call("ZRANK", KEYS[5], id)
end
if payment.state == "pending" and rank > 0 then
    return again("waits", now_ms + payment_patience(rank, look_ms))
end
local from = {work = KEYS[3], woken = KEYS[6], id = payment.from}
local _, told = lock_woken(from)
if payment.state == "pending" and told == id or payment_is_sent(KEYS[3], payment.message, id)
    or payment_is_sent(KEYS[4], payment.message, id) then
    return again("queued", now_ms + payment_patience(1, look_ms))
elseif payment.state == "pending" and ARGV[3] == "1" then
    return again("waits", now_ms + payment_patience(1, look_ms))
end
local message = work_add(KEYS[3], "operation", id, "from", payment.from, "to", payment.to)
if payment.state == "pending" then
    lock_note(from, message, id)
else
    redis.call("HSET", KEYS[1], "message", message)
end
return again("sent", now_ms + look_ms)
