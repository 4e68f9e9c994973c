-- Leave the payer's queue for a payment that has ended or is a dead letter, and list it as unfinished no longer.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3…6] the payer's lock, waiters, wake and work
-- ARGV[1] id   ARGV[2] account   the payer's id
--
-- Returns {"closed"}; or {"open"} for one that workers are to go on with, which changes nothing. Safe to repeat.
local id = ARGV[1]
local payment = payment_read(KEYS[1])
local from = {lock = KEYS[3], waiters = KEYS[4], wake = KEYS[5], work = KEYS[6], id = ARGV[2]}
lock_standing(from.lock, from.waiters, id)
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", from.wake)
redis.call("XLEN", from.work)

if not payment_absence(payment) then
    return {"open"}
end
payment_leave(from, id)
redis.call("ZREM", KEYS[2], id)
return {"closed"}
