-- Redeem or void one coupon.
--
-- KEYS[1] campaign, or the part that issued it   KEYS[2] log   KEYS[3] coupons
-- KEYS[4] the records of the request's key
-- ARGV[1] use        "redeemed" or "voided"       ARGV[2] sequence
-- ARGV[3] user       who redeems, or empty        ARGV[4] owner       whom it was issued to, or empty
-- ARGV[5] code_key   that the code was made with  ARGV[6] request     or empty without a key
-- ARGV[7] fingerprint of the request              ARGV[8] keep_ms     how long the record is kept
--
-- Returns {"ok" or "replayed", state}, the coupon's state "<use> <ms> <user>"; or {"mismatch"}, {"broken"},
-- {"unknown"}, {"other"} or {"used", state}, which change nothing. Voiding twice is voiding once. Safe to repeat.
local use, sequence = ARGV[1], ARGV[2]
local now_ms = coupons_now()
local known, before = idempotency_find(KEYS[4], ARGV[6], ARGV[7], now_ms)
if known == "known" then
    idempotency_seen(KEYS[4])
    return {"replayed", before}
elseif known ~= "new" then
    return {known}
end
local record = redis.call("HMGET", KEYS[1], "sequence", "key")
if record[2] ~= ARGV[5] or tonumber(sequence) > tonumber(record[1] or 0) then
    return {"unknown"}
end
local state = redis.call("HGET", KEYS[3], sequence)
if state then
    if use == "voided" and string.sub(state, 1, 7) == "voided " then
        return {"ok", state}
    end
    return {"used", state}
elseif use == "redeemed" and ARGV[4] ~= "" and ARGV[3] ~= ARGV[4] then
    return {"other"}
end

redis.call("XLEN", KEYS[2])
state = string.format("%s %.0f %s", use, now_ms, ARGV[3])
redis.call("HSET", KEYS[3], sequence, state)
coupons_log(KEYS[2], tonumber(record[1]), "kind", use, "coupon", sequence, "user", ARGV[3], "at", now_ms)
idempotency_keep(KEYS[4], ARGV[6], ARGV[7], now_ms + ARGV[8], "200", state)
return {"ok", state}
