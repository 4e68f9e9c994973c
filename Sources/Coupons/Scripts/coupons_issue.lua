-- Issue one coupon: time, state, limit of the user, quota, log and idempotency record in one step.
--
-- KEYS[1] campaign, or a part of one   KEYS[2] log   KEYS[3] users   KEYS[4] the records of the request's key
-- ARGV[1] user         or empty                      ARGV[2] code_keys    that the caller has, " 1:abc 2:def "
-- ARGV[3] request      or empty without a key        ARGV[4] fingerprint  of the request
-- ARGV[5] keep_ms      how long the record is kept
--
-- Returns {"issued" or "replayed", sequence, code_key}; or {"mismatch"}, {"broken"}, {"unknown"}, {"key", code_key},
-- {"early", ms}, {"ended"}, {"paused"}, {"anonymous"}, {"user"}, {"empty", loan}, {"sold"} or {"leased"}, of
-- a campaign whose parts issue, all of which change nothing.
-- Safe to repeat with a key.
local now_ms = coupons_now()
local record = redis.call("HMGET", KEYS[1], "state", "start", "end", "key", "user_limit", "sequence", "limit", "loan",
    "dry_until", "mode")
local key = record[4]
if record[10] == "leased" then
    return {"leased"}
end
if ARGV[3] ~= "" then
    local known, before = idempotency_find(KEYS[4], ARGV[3], ARGV[4], now_ms)
    if known == "known" then
        idempotency_seen(KEYS[4])
        return {"replayed", before, key}
    elseif known ~= "new" then
        return {known}
    end
end
local closed = coupons_closed(record[1], record[2], record[3], key, ARGV[2], now_ms)
if closed then
    return closed
end

local user, user_limit = ARGV[1], tonumber(record[5])
if user_limit > 0 then
    if user == "" then
        return {"anonymous"}
    elseif tonumber(redis.call("HGET", KEYS[3], user) or 0) >= user_limit then
        return {"user"}
    end
end
if tonumber(record[6]) >= tonumber(record[7]) then
    if record[9] and tonumber(record[9]) > now_ms then
        return {"sold"}
    end
    return {"empty", record[8] or "0"}
end

-- The log is first: should it refuse, by its type or because it is further, nothing was changed.
local sequence = record[6] + 1
redis.call("XADD", KEYS[2], string.format("%.0f-0", sequence), "kind", "issued", "user", user, "at", now_ms)
redis.call("HINCRBY", KEYS[1], "sequence", 1)
if user_limit > 0 then
    redis.call("HINCRBY", KEYS[3], user, 1)
end
idempotency_keep(KEYS[4], ARGV[3], ARGV[4], now_ms + ARGV[5], "200", sequence)
return {"issued", sequence, key}
