-- Move a payment's money when it is first in both queues: both locks are taken and given back in this one step.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox   KEYS[6] the stream of the message
-- KEYS[7…14]  the payer's account, entries, lock, waiters, wake, work, world and transit
-- KEYS[15…22] the payee's
-- KEYS[23] the payee's events   KEYS[24] the payee's list
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty   ARGV[3] keep_ms   of the record once it has ended
--
-- Returns {"done"}, {"failed", reason}, {"parked"} (somebody is before it and wakes it), {"early"}, {"ended"}, {"dead"}
-- or {"gone"}; or {"other"} for one that is carried out step by step, or {"inconsistent"}: these change nothing. Nobody
-- ever sees the locks, as with an add; so only who holds the payee's for longer is waited for. Safe to repeat.
local id, message = ARGV[1], ARGV[2]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
payment_probe({KEYS[4], KEYS[5], KEYS[6], KEYS[11], KEYS[12], KEYS[19], KEYS[20], KEYS[23]})
local nothing = payment_absence(payment)
    or payment.state == "pending" and tonumber(payment.not_before) > now_ms and "early"
if nothing then
    work_done(KEYS[6], message)
    return {nothing}
elseif payment.state ~= "pending" then
    return {"other"}
end

local from = payment_turn(KEYS[9], KEYS[10], payment, id)
local holder = from.is_ready and redis.call("GET", KEYS[17])
if from.is_mine or holder and string.match(holder, "^(.*):%d+$") == id then
    return {"other"}
elseif not from.is_ready or holder then
    work_done(KEYS[6], message)
    if not from.is_placed then redis.call("ZADD", KEYS[10], "NX", payment.order, id) end
    if holder then redis.call("ZADD", KEYS[18], "NX", payment.order, id) end
    return {"parked"}
end
local to = {}
local units = payment.units
payment_account(from, KEYS, 7, payment.from)
payment_account(to, KEYS, 15, payment.to)
if not units or not from.head or not to.head or not from.moving or not to.moving then
    return {"inconsistent"}
end
local reason = payment_debit_refusal(from.head, units, from.moving) or payment_credit_refusal(to.head, units, to.moving)
-- What may fail comes first, and nothing is wrong when only it happens.
local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
redis.call("ZREM", KEYS[2], id)
local has_waited = redis.call("ZREM", KEYS[18], id) == 1
if not reason then payment_credited(KEYS[23], KEYS[24], id, payment, now_ms, ARGV[3]) end
payment_end(keys, id, payment, reason and "failed" or "done", reason or "", now_ms, ARGV[3])
if not reason then
    payment_move(from, from.head, id, "debit", -units, nil, now_ms)
    payment_move(to, to.head, id, "credit", units, nil, now_ms)
end
if from.is_placed then redis.call("ZREM", KEYS[10], id) end
lock_call(from.next, from.wake, from.work, from.id)
if has_waited then lock_wake(KEYS[18], to.wake, to.work, to.id) end
work_done(KEYS[6], message)
return {reason and "failed" or "done", reason or nil}
