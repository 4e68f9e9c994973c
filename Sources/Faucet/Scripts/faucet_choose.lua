-- The choice of a sender: a library that is put before the scripts that need it.
--
-- Returns nothing by itself: it defines faucet_keys and faucet_choose.

-- The keys of one sender's lane in one era, from their beginnings: KEYS[9] to KEYS[12] of the caller.
local function faucet_keys(beginnings, lane)
    local keys = {}
    for place, name in ipairs({"nonce", "lane", "open", "bound"}) do
        keys[name] = beginnings[8 + place] .. ":" .. lane
    end
    return keys
end

-- The sender with the fewest open distributions of those that may take one more; one that was seen lately goes before
-- one that was not. Without any: nil, and why not: "full", "poor", "paused" or "absent".
local function faucet_choose(beginnings, queue_limit, fresh_ms)
    local era = redis.call("HGET", beginnings[4], "number")
    local found, best, sender, reasons = nil, nil, nil, {}
    for _, candidate in ipairs(era and redis.call("SMEMBERS", beginnings[5]) or {}) do
        local keys = faucet_keys(beginnings, era .. ":" .. candidate)
        local nonce = tonumber(redis.call("GET", keys.nonce) or "x")
        local lane = redis.call("HMGET", keys.lane, "paused", "limit", "seen_ms")
        local load = redis.call("ZCARD", keys.open)
        if tonumber(lane[3] or 0) < fresh_ms then
            load = load + 2 ^ 40
        end
        if not nonce or not lane[2] then
            reasons.absent = true
        elseif lane[1] then
            reasons.paused = true
        elseif nonce >= tonumber(lane[2]) then
            reasons.poor = true
        elseif load % 2 ^ 40 >= queue_limit then
            reasons.full = true
        elseif not best or load < best or load == best and candidate < sender then
            found, best, sender = keys, load, candidate
        end
    end
    local refusal = reasons.full and "full" or reasons.poor and "poor" or reasons.paused and "paused" or "absent"
    return found, sender, era, refusal
end
