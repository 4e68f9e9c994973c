-- Give a distribution another nonce, because a transaction of somebody else has used up its own, or its chain is gone.
--
-- KEYS[1] lease   KEYS[2] distribution   KEYS[3] open   where it stands   KEYS[4] nonce   KEYS[5] open   KEYS[6] bound
-- KEYS[7] wakes   KEYS[8] era
-- ARGV[1] fence   ARGV[2] id   ARGV[3] nonce   that it has   ARGV[4] number   of the era that
-- it goes to   ARGV[5] sender   ARGV[6] era   that era, as faucet_era has it
--
-- Returns {"fenced"}, {"era"}, {"other"} when it has another nonce or has ended, {"absent"} without a counter, or
-- {"new", nonce}. No other request ever gets the nonce that is left behind. A repeated call finds another nonce: it is
-- safe to repeat.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return {"fenced"}
elseif faucet_era(KEYS[8]) ~= ARGV[6] then
    return {"era"}
end
local id = ARGV[2]
local record = redis.call("HMGET", KEYS[2], "state", "nonce", "lost", "hashes", "lost_hashes")
local is_open = redis.call("ZSCORE", KEYS[3], id)
if not is_open or record[2] ~= ARGV[3] or record[1] == "mined" then
    return {"other"}
elseif redis.call("EXISTS", KEYS[4]) == 0 then
    return {"absent"}
end
-- A key of a wrong type ends the script: let it be before the first write.
redis.call("GET", KEYS[4])
redis.call("ZCARD", KEYS[5])
redis.call("XLEN", KEYS[7])
faucet_unbound(KEYS[6])
redis.call("ZREM", KEYS[3], id)
redis.call("HDEL", KEYS[2], "raw", "hash", "hashes", "noops", "fee", "block", "block_hash", "mined_hash",
    "first_hash", "submitted", "mined", "again", "waiting", "waiting_detail", "waiting_since")
redis.call("HSET", KEYS[2], "state", "queued", "era", ARGV[4], "sender", ARGV[5],
    "lost", faucet_trim((record[3] or "") .. " " .. ARGV[3]),
    "lost_hashes", faucet_trim((record[5] or "") .. " " .. (record[4] or "")))
local nonce = faucet_bind({nonce = KEYS[4], open = KEYS[5], bound = KEYS[6]}, KEYS[2], id)
faucet_wake(KEYS[7], ARGV[5])
return {"new", nonce}
