-- Give a new campaign its id, once for each idempotency key, and agree on the code key.
--
-- KEYS[1] campaigns   the counter   KEYS[2] keys   fingerprints   KEYS[3] secrets   KEYS[4] the records of the key
-- ARGV[1] version     of the code key                ARGV[2] fingerprint  of the code key
-- ARGV[3] secret      of version 0, or empty         ARGV[4] end_ms       of the campaign, or 0
-- ARGV[5] id_limit    the largest id                 ARGV[6] request      or empty without a key
-- ARGV[7] fingerprint of the request                 ARGV[8] keep_ms      how long the record is kept
--
-- Returns {"new" or "replayed", id, ms, code_key} of when it was first ordered; or {"mismatch"}, {"broken"}, {"key"},
-- {"past"} or {"full"}, which change nothing. The campaign itself is made by the next step, which is
-- repeated until it is there. Safe to repeat.
local now_ms = coupons_now()
local known, before = idempotency_find(KEYS[4], ARGV[6], ARGV[7], now_ms)
if known == "known" then
    idempotency_seen(KEYS[4])
    local id, first_ms, key = string.match(before, "^(%d+) (%d+) (%S+)$")
    return {"replayed", id, first_ms, key}
elseif known ~= "new" then
    return {known}
end
local holder = redis.call("HGET", KEYS[2], ARGV[1])
if holder and holder ~= ARGV[2] then
    return {"key"}
elseif ARGV[4] ~= "0" and tonumber(ARGV[4]) <= now_ms then
    return {"past"}
elseif tonumber(redis.call("GET", KEYS[1]) or 0) >= tonumber(ARGV[5]) then
    return {"full"}
end
if ARGV[3] ~= "" then
    local secret = redis.call("HGET", KEYS[3], ARGV[1])
    if secret and secret ~= ARGV[3] then
        return {"key"}
    end
    redis.call("HSET", KEYS[3], ARGV[1], ARGV[3])
end
redis.call("HSET", KEYS[2], ARGV[1], ARGV[2])
local id = redis.call("INCR", KEYS[1])
local key = ARGV[1] .. ":" .. ARGV[2]
-- All that a repetition must know to complete the campaign as it was begun.
idempotency_keep(KEYS[4], ARGV[6], ARGV[7], now_ms + ARGV[8], "200", string.format("%.0f %.0f %s", id, now_ms, key))
return {"new", id, now_ms, key}
