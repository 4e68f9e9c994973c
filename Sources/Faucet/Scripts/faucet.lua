-- The functions that the faucet's scripts share: a library that is put before them.
--
-- Returns nothing by itself: it defines faucet_text, faucet_now, faucet_era, faucet_event, faucet_wake,
-- faucet_unbound and faucet_bind.
--
-- Nonces stay below 2^53, so that doubles hold them exactly; amounts are text and never computed with here.
local EVENTS_KEPT, WAKES_KEPT = 16384, 1024

local function faucet_text(number)
    return string.format("%.0f", number)
end

-- A list of words without the space at either end.
local function faucet_trim(words)
    return (string.gsub(words, "^ *(.-) *$", "%1"))
end

-- Redis's time in milliseconds.
local function faucet_now()
    local time = redis.call("TIME")
    return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The era as one text, "<number> <chain_id> <genesis>", or empty when there is none: a number alone would not do, for a
-- failover that loses an era gives its number to another chain.
local function faucet_era(era_key)
    local era = redis.call("HMGET", era_key, "number", "chain_id", "genesis")
    return era[1] and table.concat({era[1], era[2] or "", era[3] or ""}, " ") or ""
end

-- Tells those who wait for a distribution what became of it.
local function faucet_event(events, id, state, nonce, hash, block)
    redis.call("XADD", events, "MAXLEN", "~", EVENTS_KEPT, "*",
        "id", id, "state", state, "nonce", nonce, "hash", hash or "", "block", block or "")
end

-- Tells the lane of a sender that there is something to do.
local function faucet_wake(wakes, sender)
    redis.call("XADD", wakes, "MAXLEN", "~", WAKES_KEPT, "*", "sender", sender)
end

-- The lowest nonce that was never bound, whatever has become of the counter.
local function faucet_unbound(bound)
    return tonumber(redis.call("ZRANGE", bound, -1, -1, "WITHSCORES")[2] or -1) + 1
end

-- Gives a record the sender's next nonce, for good: no other record ever gets it.
local function faucet_bind(keys, record, id)
    local unbound = faucet_unbound(keys.bound)
    if tonumber(redis.call("GET", keys.nonce) or 0) < unbound then
        redis.call("SET", keys.nonce, faucet_text(unbound))
    end
    local nonce = faucet_text(redis.call("INCR", keys.nonce) - 1)
    redis.call("HSET", record, "nonce", nonce)
    redis.call("ZADD", keys.open, nonce, id)
    redis.call("ZADD", keys.bound, nonce, id)
    return nonce
end
