-- Take both locks of a payment in one step, when it is first in both queues, and hand it to the appliers.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] events   KEYS[4] locked   KEYS[5] the stream of the message
-- KEYS[6…11]  the payer's account, lock, waiters, wake, work and woken
-- KEYS[12…17] the payee's
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty   ARGV[3] lease_ms   ARGV[4] look_ms
--
-- Returns {"locked"}, {"held"} (it has them, and is the appliers'), {"parked"} (somebody is before it and wakes it),
-- {"early"}, {"ended"}, {"dead"} or {"gone"}. The message is acknowledged in the same step. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
local from, to = payment_side(KEYS, 7, payment and payment.from), payment_side(KEYS, 13, payment and payment.to)
payment_probe({KEYS[3], KEYS[4], KEYS[5]})
for _, side in ipairs({from, to}) do lock_probe(side) end
local nothing = payment_absence(payment)
    or payment.state == "pending" and tonumber(payment.not_before) > now_ms and "early"
if nothing then
    return payment_over(nothing, id, {from, to}, KEYS[5], ARGV[2])
end

from.account, to.account = KEYS[6], KEYS[12]
payment_turn(from, payment, id)
-- Only who is first with the payer stands in the payee's queue: a payer's many payments hold up nobody else.
local is_back = payment.state ~= "pending"
local sides = (from.is_ready or is_back) and {from, payment_turn(to, payment, id)} or {from}
local is_ready = from.is_ready and to.is_ready
if is_back and from.is_mine and to.is_mine then
    work_done(KEYS[5], ARGV[2])
    return {"held"}
end
for _, side in ipairs(is_ready and sides or {}) do
    side.token = lock_next_token(ledger_integer(redis.call("HGET", side.account, "token")))
end
redis.call("ZADD", KEYS[2], "XX", ledger_text(now_ms + ARGV[4]), id)
work_done(KEYS[5], ARGV[2])
for _, side in ipairs(sides) do
    if not side.is_placed and (side == from or from.is_ready) then
        redis.call("ZADD", side.waiters, "NX", payment.order, id)
    end
    if is_ready then
        redis.call("HSET", side.account, "token", side.token)
        redis.call("SET", side.lock, id .. ":" .. side.token, "PX", ARGV[3])
    elseif side.is_mine then
        payment_yield(side)
    elseif is_back and not side.is_held then
        -- A lease that ended told nobody.
        lock_wake(side)
    end
end
if not is_ready then return {"parked"} end
payment_locked({payment = KEYS[1], events = KEYS[3], locked = KEYS[4]}, id, payment, from.token, to.token, now_ms)
return {"locked"}
