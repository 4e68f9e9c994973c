-- Leave the payer's queue for a payment that has ended or is a dead letter, and list it as unfinished no longer.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3…7] the payer's lock, waiters, wake, work and woken
-- ARGV[1] id   ARGV[2] account   the payer's id   ARGV[3] look_ms   until a sweeper looks at who comes next
--
-- Returns {"closed"}; or {"open"} for one that workers are to go on with, which changes nothing. Safe to repeat.
local id = ARGV[1]
local payment = payment_read(KEYS[1])
local now_ms = ledger_time()
local from = payment_side(KEYS, PAYMENT_QUEUE, 3, ARGV[2])
lock_probe(from)
redis.call("ZCARD", KEYS[2])

if not payment_absence(payment) then
    return {"open"}
end
payment_leave(from, id, KEYS[2], now_ms + ARGV[3])
redis.call("ZREM", KEYS[2], id)
return {"closed"}
