-- Hand a payment that took its two locks one by one to the appliers.
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
local message = work_add(KEYS[4], "operation", id, "from", payment.from, "to", payment.to)
redis.call("HSET", KEYS[1], "token_from", ARGV[2], "token_to", ARGV[3], "message", message)
if payment.state == "pending" then
    local event = payment_event(KEYS[3], id, payment.from, "locked", "")
    redis.call("HSET", KEYS[1], "state", "locked", "locked", ledger_text(now_ms), "event", event)
end
return {"locked"}
