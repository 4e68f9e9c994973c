-- Hand a payment to the appliers that took its two locks one by one, in two shards.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] events   KEYS[4] locked   KEYS[5] the payer's account   KEYS[6] its lock
-- ARGV[1] id   ARGV[2] token_from   ARGV[3] token_to   ARGV[4] look_ms
--
-- Returns {"locked"}, {"fenced"} when the payer's lock is lost, {"ended"}, {"dead"} or {"gone"}. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local payment = payment_read(KEYS[1])
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[3])
redis.call("XLEN", KEYS[4])

if payment_absence(payment) then
    return {payment_absence(payment)}
elseif not payment_holds({lock = KEYS[6], account = KEYS[5]}, id, ARGV[2]) then
    return {"fenced"}
end
redis.call("ZADD", KEYS[2], ledger_text(now_ms + ARGV[4]), id)
payment_locked({payment = KEYS[1], events = KEYS[3], locked = KEYS[4]}, id, payment, ARGV[2], ARGV[3], now_ms)
return {"locked"}
