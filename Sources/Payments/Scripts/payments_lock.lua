-- Take both locks of a payment in one step, when it is first in both queues, and hand it to the appliers.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] events   KEYS[4] locked   KEYS[5] the stream of the message
-- KEYS[6…10]  the payer's account, lock, waiters, wake and work
-- KEYS[11…15] the payee's
-- ARGV[1] id   ARGV[2] message   its id in the stream, or empty   ARGV[3] lease_ms   ARGV[4] look_ms
--
-- Returns {"locked"}, {"held"} (it has them, and is the appliers'), {"parked"} (somebody is before it and wakes it),
-- {"early"}, {"ended"}, {"dead"} or {"gone"}. The message is acknowledged in the same step. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
payment_probe({KEYS[3], KEYS[4], KEYS[5]})
local nothing = payment_absence(payment)
    or payment.state == "pending" and tonumber(payment.not_before) > now_ms and "early"
if nothing then
    work_done(KEYS[5], ARGV[2])
    return {nothing}
end

local function look(first, account)
    local side = payment_turn(KEYS[first + 1], KEYS[first + 2], payment, id)
    side.account, side.wake, side.work, side.id = KEYS[first], KEYS[first + 3], KEYS[first + 4], account
    return side
end
-- Only who is first with the payer stands in the payee's queue: a payer's many payments hold up nobody else.
local from = look(6, payment.from)
local to = from.is_ready and look(11, payment.to)
local sides = to and {from, to} or {from}
local is_ready = to and to.is_ready
if payment.state ~= "pending" and from.is_mine and to.is_mine then
    work_done(KEYS[5], ARGV[2])
    return {"held"}
end
for _, side in ipairs(is_ready and sides or {}) do
    side.token = lock_next_token(ledger_integer(redis.call("HGET", side.account, "token")))
end
redis.call("ZADD", KEYS[2], "XX", ledger_text(now_ms + ARGV[4]), id)
work_done(KEYS[5], ARGV[2])
for _, side in ipairs(sides) do
    if not side.is_placed then redis.call("ZADD", side.waiters, "NX", payment.order, id) end
    if is_ready then
        redis.call("HSET", side.account, "token", side.token)
        redis.call("SET", side.lock, id .. ":" .. side.token, "PX", ARGV[3])
    elseif side.is_mine then
        payment_yield(side)
    end
end
if not is_ready then return {"parked"} end
payment_locked({payment = KEYS[1], events = KEYS[3], locked = KEYS[4]}, id, payment, from.token, to.token, now_ms)
return {"locked"}
