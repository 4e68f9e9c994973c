-- Cancel a payment that has not begun, once for each idempotency key.
--
-- KEYS[1] payment   KEYS[2] open   KEYS[3] dead   KEYS[4] events   KEYS[5] outbox
-- KEYS[6] the records of the caller's idempotency key
-- KEYS[7…11]  the payer's lock, waiters, wake, work and woken
-- KEYS[12…16] the payee's, when they may lie in the same script, else none
-- ARGV[1] id   ARGV[2] keep_ms   of the record once it has ended
-- ARGV[3] request   method and path, or empty without a key   ARGV[4] fingerprint   ARGV[5] idempotency_keep_ms
-- ARGV[6] request_id   ARGV[7] look_ms
--
-- Returns {"new" or "replayed", outcome}, where the outcome is "cancelled" or "refused <reason> <state> <request_id>";
-- or {"mismatch"}, {"broken"} or {"gone"}, which change nothing.
local id, request = ARGV[1], ARGV[3]
local now_ms = ledger_time()
local known, before = idempotency_find(KEYS[6], request, ARGV[4], now_ms)
local payment = payment_read(KEYS[1])
local sides = {}
for first = 7, #KEYS, #PAYMENT_QUEUE do
    local side = payment_side(KEYS, PAYMENT_QUEUE, first, payment and (first == 7 and payment.from or payment.to))
    lock_probe(side)
    sides[#sides + 1] = side
end
for _, key in ipairs({KEYS[2], KEYS[3]}) do redis.call("ZCARD", key) end
for _, key in ipairs({KEYS[4], KEYS[5]}) do redis.call("XLEN", key) end

if known == "known" then
    idempotency_seen(KEYS[6])
    return {"replayed", before}
elseif known ~= "new" then
    return {known}
elseif not payment then
    return {"gone"}
end
local outcome, status = "cancelled", "200"
if payment.state == "pending" then
    local keys = {payment = KEYS[1], open = KEYS[2], dead = KEYS[3], events = KEYS[4], outbox = KEYS[5]}
    payment_end(keys, id, payment, "cancelled", "", now_ms, ARGV[2], #sides < 2 and ARGV[7] or nil)
    redis.call("HDEL", KEYS[1], "dead")
    for i, side in ipairs(sides) do
        payment_leave(side, id, i == 1 and KEYS[2], now_ms + ARGV[7])
    end
elseif payment.state ~= "cancelled" then
    outcome, status = "refused payment-not-pending " .. payment.state .. " " .. ARGV[6], "409"
end
idempotency_keep(KEYS[6], request, ARGV[4], now_ms + ARGV[5], status, outcome)
return {"new", outcome}
