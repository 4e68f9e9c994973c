-- Take a payment's money out of the payer's account: the first of three steps of a payment that is split.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox   KEYS[6] flight
-- KEYS[7…15] the payer's account, entries, lock, waiters, wake, work, woken, world and transit
-- ARGV[1] id   ARGV[2] keep_ms   of the record once it has ended   ARGV[3] look_ms
--
-- Returns {"debited"}, also when it was before; {"failed", reason}, which gives the payer's lock back and leaves the
-- payee's to the caller; {"fenced"}, {"ended"}, {"dead"}, {"gone"}, {"pending"}; or {"inconsistent"}, which changes
-- nothing. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
local from = payment_side(KEYS, PAYMENT_SIDE, 7, payment and payment.from)
local head = ledger_read(from.account, from.entries, from.world)
local moving = ledger_integer(redis.call("HGET", from.transit, "balance"))
lock_probe(from)
for _, key in ipairs({KEYS[2], KEYS[3], KEYS[6]}) do redis.call("ZCARD", key) end
for _, key in ipairs({KEYS[4], KEYS[5]}) do redis.call("XLEN", key) end

if payment and payment.state == "debited" then
    return {"debited"}
elseif payment_absence(payment) or payment.state == "pending" then
    return {payment_absence(payment) or "pending"}
elseif not payment.units or not head or not moving then
    return {"inconsistent"}
elseif not payment_holds(from, id, payment.token_from) then
    return {"fenced"}
end
local reason = payment_debit_refusal(head, payment.units, moving)
if reason then
    local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
    payment_end(keys, id, payment, "failed", reason, now_ms, ARGV[2], ARGV[3])
    payment_leave(from, id, KEYS[2], now_ms + ARGV[3])
    return {"failed", reason}
end
payment_move(from, head, id, "debit", -payment.units, payment.token_from, now_ms)
redis.call("HSET", KEYS[1], "state", "debited")
redis.call("ZADD", KEYS[6], ledger_text(now_ms), id)
redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[3]), id)
return {"debited"}
