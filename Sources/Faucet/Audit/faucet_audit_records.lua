-- Read some distributions, each with its places in its lane, at one instant.
--
-- KEYS[1] open   KEYS[2] bound   two beginnings, `:<lane>` follows   KEYS[3…] distributions
-- ARGV[1…] fields of a distribution that are wanted
--
-- Returns the time, then for each distribution {its key's type, the fields' values, milliseconds until it expires, its
-- nonce in open, its nonce in bound}, with false for what is missing. Changes nothing.
local answer = {redis.call("TIME")}

local function score(key, id)
    -- A key of another type raises an error, which is no score either.
    local value = redis.pcall("ZSCORE", key, id)
    return type(value) == "string" and value
end

for i = 3, #KEYS do
    local id = string.match(KEYS[i], "[^:]*$")
    local kind, values, lane = redis.call("TYPE", KEYS[i]).ok, {}, ""
    if kind == "hash" then
        values = redis.call("HMGET", KEYS[i], unpack(ARGV))
        local names = redis.call("HMGET", KEYS[i], "era", "sender")
        lane = (names[1] or "") .. ":" .. (names[2] or "")
    end
    answer[#answer + 1] = {kind, values, redis.call("PTTL", KEYS[i]), score(KEYS[1] .. ":" .. lane, id),
        score(KEYS[2] .. ":" .. lane, id)}
end
return answer
