-- See to it that the nonce which the chain takes next has an open distribution: the one that it belongs to, of which
-- the chain has lost the transaction, or else one of nothing.
--
-- KEYS[1] lease   KEYS[2] filler   the distribution of nothing   KEYS[3] open   KEYS[4] bound   KEYS[5] nonce
-- KEYS[6] distribution   a beginning: the id follows
-- ARGV[1] fence   ARGV[2] id   of the filler   ARGV[3] nonce   ARGV[4] sender   ARGV[5] era   ARGV[6] fills   1 when
-- there may be a filler
--
-- Returns {"fenced"}, {"taken"} when an open one has the nonce or it is not yet given out, {"again"} when its own is
-- open again, {"hole"} when it has none and no filler may be made, or {"new"}. Safe to repeat: then it is taken.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return {"fenced"}
end
local nonce = ARGV[3]
local bound = redis.call("ZRANGE", KEYS[4], nonce, nonce, "BYSCORE")
if tonumber(nonce) >= tonumber(redis.call("GET", KEYS[5]) or 0)
    or #redis.call("ZRANGE", KEYS[3], nonce, nonce, "BYSCORE") > 0 then
    return {"taken"}
end
for _, id in ipairs(bound) do
    local key = KEYS[6] .. id
    local record = redis.call("HMGET", key, "nonce", "era", "raw", "state", "reason")
    if record[1] == nonce and record[2] == ARGV[5] and record[3] then
        if record[4] == "confirmed" or record[4] == "failed" then
            redis.call("HSET", key, "again", faucet_trim(record[4] .. " " .. (record[5] or "")))
        end
        redis.call("HDEL", key, "block", "block_hash", "mined_hash", "mined", "finished", "reason")
        redis.call("HSET", key, "state", "submitted")
        redis.call("PERSIST", key)
        redis.call("ZADD", KEYS[3], nonce, id)
        return {"again"}
    end
end
if ARGV[6] ~= "1" then
    return {"hole"}
end
redis.call("HSET", KEYS[2], "state", "queued", "address", ARGV[4], "amount", "0", "era", ARGV[5], "sender", ARGV[4],
    "nonce", nonce, "created", faucet_text(faucet_now()), "kind", "filler", "claim", ARGV[2])
redis.call("ZADD", KEYS[3], nonce, ARGV[2])
redis.call("ZADD", KEYS[4], nonce, ARGV[2])
return {"new"}
