-- Bring a payment's money into the payee's account, once: the second of three steps of a payment that is split.
--
-- KEYS[1] the mark of what became of the credit   KEYS[2] events   KEYS[3] the payee's list
-- KEYS[4…8] the payee's account, entries, lock, world and transit
-- ARGV[1] id   ARGV[2] token   of the payee's lock   ARGV[3] account   the payee's id   ARGV[4] amount
-- ARGV[5] created   of the payment, in ms   ARGV[6] keep_ms   of the list
--
-- Returns {"credited"} or {"refused", reason}, also when it was so before: a refusal is for good, because its money
-- goes back; {"fenced"}; or {"inconsistent"}, which changes nothing. Safe to repeat.
local id = ARGV[1]
local now_ms = ledger_time()
local mark = redis.call("GET", KEYS[1])
local to = {account = KEYS[4], entries = KEYS[5], lock = KEYS[6], world = KEYS[7], transit = KEYS[8], id = ARGV[3]}
local units = ledger_integer(ARGV[4])
local head = ledger_read(to.account, to.entries, to.world)
local moving = ledger_integer(redis.call("HGET", to.transit, "balance"))
redis.call("XLEN", KEYS[2])
redis.call("ZCARD", KEYS[3])

if mark == "credited" then
    return {"credited"}
elseif mark and string.match(mark, "^refused %S+$") then
    return {"refused", string.match(mark, "^refused (%S+)$")}
elseif mark or not units or not head or not moving then
    return {"inconsistent"}
elseif not payment_holds(to, id, ARGV[2]) then
    return {"fenced"}
end
local reason = payment_credit_refusal(head, units, moving)
-- It stays until the payment has ended, however long that takes: a late repetition must find it.
redis.call("SET", KEYS[1], reason and "refused " .. reason or "credited")
if reason then
    return {"refused", reason}
end
payment_move(to, head, id, "credit", units, ARGV[2], now_ms)
payment_credited(KEYS[2], KEYS[3], id, {to = ARGV[3], created = ARGV[5]}, now_ms, ARGV[6])
return {"credited"}
