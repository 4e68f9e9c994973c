-- Move a payment's money in one step, and give both locks back.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox   KEYS[6] locked, with the message
-- KEYS[7…15]  the payer's account, entries, lock, waiters, wake, work, woken, world and transit
-- KEYS[16…24] the payee's
-- KEYS[25] the payee's events   KEYS[26] the payee's list
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty   ARGV[3] keep_ms   of the record once it has ended
-- ARGV[4] look_ms
--
-- Returns {"done"}, {"failed", reason}, {"fenced"} when it has lost a lock and goes back to the lockers, {"ended"},
-- {"dead"}, {"gone"}, {"pending"}; or {"debited"} or {"inconsistent"}, which change nothing. Safe to repeat.
local id, message = ARGV[1], ARGV[2]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
local from, to = payment_side(KEYS, 9, payment and payment.from), payment_side(KEYS, 18, payment and payment.to)
payment_probe({KEYS[4], KEYS[5], KEYS[6], KEYS[11], KEYS[12], KEYS[20], KEYS[21], KEYS[25]}, {from, to})
local nothing = payment_absence(payment) or payment.state == "pending" and "pending"
if nothing then
    return payment_over(nothing, id, {from, to}, KEYS[6], message)
elseif payment.state == "debited" then
    return {"debited"}
end

local function look(side, first, token)
    payment_account(side, KEYS, first)
    side.is_held = side.head and redis.call("GET", side.lock) == id .. ":" .. token
        and ledger_text(side.head.token) == token
    side.queue = redis.call("ZRANGE", side.waiters, 0, 1)
end
look(from, 7, payment.token_from)
look(to, 16, payment.token_to)
local units = payment.units
if payment.state ~= "locked" or not units or not from.head or not to.head or not from.moving or not to.moving then
    return {"inconsistent"}
elseif not from.is_held or not to.is_held then
    return payment_fenced(KEYS, id, payment, message, now_ms + ARGV[4])
end
local reason = payment_debit_refusal(from.head, units, from.moving) or payment_credit_refusal(to.head, units, to.moving)
-- What may fail comes first, and nothing is wrong when only it happens.
local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
if not reason then payment_credited(KEYS[25], KEYS[26], id, payment, now_ms, ARGV[3]) end
payment_end(keys, id, payment, reason and "failed" or "done", reason or "", now_ms, ARGV[3])
if not reason then
    payment_move(from, from.head, id, "debit", -units, payment.token_from, now_ms)
    payment_move(to, to.head, id, "credit", units, payment.token_to, now_ms)
end
work_done(KEYS[6], message)
payment_look_at(KEYS[2], payment_release(from, id), now_ms + ARGV[4])
payment_release(to, id)
return {reason and "failed" or "done", reason or nil}
