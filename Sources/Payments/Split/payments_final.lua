-- End a payment whose money has left its payer: the last of three steps of a payment that is split.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox   KEYS[6] flight
-- KEYS[7…15] the payer's account, entries, lock, waiters, wake, work, woken, world and transit
-- ARGV[1] id   ARGV[2] keep_ms   of the record once it has ended
-- ARGV[3] reason   why the credit was refused, whose money goes back; or empty when it was credited
-- ARGV[4] look_ms
--
-- Returns {"done"}, {"returned"}, {"fenced"} when money would go back without the payer's lock, {"ended"}, {"dead"} or
-- {"gone"}; or {"inconsistent"}, which changes nothing. Safe to repeat.
local id, reason = ARGV[1], ARGV[3]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
local from = payment_side(KEYS, PAYMENT_SIDE, 7, payment and payment.from)
local head = ledger_read(from.account, from.entries, from.world)
local moving = ledger_integer(redis.call("HGET", from.transit, "balance"))
lock_probe(from)
for _, key in ipairs({KEYS[2], KEYS[3], KEYS[6]}) do redis.call("ZCARD", key) end
for _, key in ipairs({KEYS[4], KEYS[5]}) do redis.call("XLEN", key) end

if payment_absence(payment) then
    return {payment_absence(payment)}
elseif payment.state ~= "debited" or not payment.units or not head or not moving then
    return {"inconsistent"}
elseif reason ~= "" and not payment_holds(from, id, payment.token_from) then
    return {"fenced"}
end
if reason ~= "" then
    -- Behind the debit's entry a new token: those of an account's entries only grow.
    payment_move(from, head, id, "return", payment.units, lock_next_token(head.token), now_ms)
end
redis.call("ZREM", KEYS[6], id)
local state = reason == "" and "done" or "returned"
local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
payment_end(keys, id, payment, state, reason, now_ms, ARGV[2], ARGV[4])
payment_leave(from, id, KEYS[2], now_ms + ARGV[4])
return {state}
