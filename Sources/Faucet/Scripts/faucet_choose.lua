-- The choice of a sender: a library that is put before the scripts that need it.
--
-- Returns nothing by itself: it defines faucet_keys and faucet_choose.

-- The keys of one sender's lane in one era, from their beginnings: the ninth to the twelfth key of the caller.
local function faucet_keys(beginnings, lane)
    local keys = {}
    for place, name in ipairs({"nonce", "lane", "open", "bound"}) do
        keys[name] = beginnings[8 + place] .. ":" .. lane
    end
    return keys
end

-- The sender with the fewest open distributions of those that may take one more. While any lane is alive, only lanes
-- that are count; when none is, requests wait for the workers. Without any: nil, and why not: "full", "poor", "paused"
-- or "absent".
local function faucet_choose(beginnings, queue_limit, fresh_ms)
    local era = redis.call("HGET", beginnings[4], "number")
    local groups = {[true] = {reasons = {}}, [false] = {reasons = {}}}
    for _, candidate in ipairs(era and redis.call("SMEMBERS", beginnings[5]) or {}) do
        local keys = faucet_keys(beginnings, era .. ":" .. candidate)
        local nonce = tonumber(redis.call("GET", keys.nonce) or "x")
        local lane = redis.call("HMGET", keys.lane, "paused", "limit", "seen_ms")
        local load = redis.call("ZCARD", keys.open)
        local group = groups[tonumber(lane[3] or 0) >= fresh_ms]
        if not nonce or not lane[2] then
            group.reasons.absent = true
        elseif lane[1] then
            group.reasons.paused = true
        elseif nonce >= tonumber(lane[2]) then
            group.reasons.poor = true
        elseif load >= queue_limit then
            group.reasons.full = true
        elseif not group.load or load < group.load or load == group.load and candidate < group.sender then
            group.keys, group.load, group.sender = keys, load, candidate
        end
    end
    local group = (groups[true].keys or next(groups[true].reasons)) and groups[true] or groups[false]
    local reasons = group.reasons
    local refusal = reasons.full and "full" or reasons.poor and "poor" or reasons.paused and "paused" or "absent"
    return group.keys, group.sender, era, refusal
end
