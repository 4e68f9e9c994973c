-- Move a payment's money when it is first in both queues: both locks are taken and given back in this one step.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox   KEYS[6] the stream of the message
-- KEYS[7…15]  the payer's account, entries, lock, waiters, wake, work, woken, world and transit
-- KEYS[16…24] the payee's
-- KEYS[25] the payee's events   KEYS[26] the payee's list
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty   ARGV[3] keep_ms   of the record once it has ended
-- ARGV[4] look_ms   until a sweeper looks at who comes next
--
-- Returns {"done"}, {"failed", reason}, {"parked"} (somebody is before it and wakes it), {"early"}, {"ended"}, {"dead"}
-- or {"gone"}; or {"other"} for one that is under way in steps, or {"inconsistent"}: these change nothing. Nobody
-- ever sees the locks, as with an add; so only who holds the payee's for longer is waited for. Safe to repeat.
local id, message = ARGV[1], ARGV[2]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
local from = payment_side(KEYS, PAYMENT_SIDE, 7, payment and payment.from)
local to = payment_side(KEYS, PAYMENT_SIDE, 16, payment and payment.to)
payment_probe({KEYS[4], KEYS[5], KEYS[6], from.wake, from.work, to.wake, to.work, KEYS[25]}, {from, to})
local nothing = payment_absence(payment)
    or payment.state == "pending" and tonumber(payment.not_before) > now_ms and "early"
if nothing then
    return payment_over(nothing, id, {from, to}, KEYS[6], message)
elseif payment.state ~= "pending" then
    return {"other"}
end

payment_turn(from, payment, id)
local holder = from.is_ready and redis.call("GET", to.lock)
if from.is_mine or holder and string.match(holder, "^(.*):%d+$") == id then
    return {"other"}
elseif not from.is_ready or holder then
    work_done(KEYS[6], message)
    if not from.is_placed then redis.call("ZADD", from.waiters, "NX", payment.order, id) end
    if holder then redis.call("ZADD", to.waiters, "NX", payment.order, id) end
    return {"parked"}
end
local units = payment.units
if not payment_open(from, to) or not units then
    return {"inconsistent"}
end
local reason = payment_debit_refusal(from.head, units, from.moving) or payment_credit_refusal(to.head, units, to.moving)
-- The writes that may fail come first, and nothing is wrong when only they happen.
local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
redis.call("ZREM", KEYS[2], id)
local has_waited = redis.call("ZREM", to.waiters, id) == 1
if not reason then payment_credited(KEYS[25], KEYS[26], id, payment, now_ms, ARGV[3]) end
payment_end(keys, id, payment, reason and "failed" or "done", reason or "", now_ms, ARGV[3])
if not reason then
    payment_move(from, from.head, id, "debit", -units, nil, now_ms)
    payment_move(to, to.head, id, "credit", units, nil, now_ms)
end
work_done(KEYS[6], message)
if from.is_placed then
    redis.call("ZREM", from.waiters, id)
    lock_call(from, from.next)
    payment_look_at(KEYS[2], from.next, now_ms + ARGV[4])
end
if has_waited then lock_wake(to) end
return {reason and "failed" or "done", reason or nil}
