-- Read some payments of one shard, and where they stand in its sets, at one instant.
--
-- KEYS[1] open   KEYS[2] dead   KEYS[3] flight   KEYS[4…] payments
-- ARGV[1…] fields of a payment that are wanted
--
-- Returns the time, then for each payment {its key's type, the fields' values, milliseconds until it expires, its score
-- in open, in dead, in flight}, with false for what is missing. Changes nothing.
local answer = {redis.call("TIME")}

local function score(key, id)
    -- A key of another type raises an error, which is no score either.
    local value = redis.pcall("ZSCORE", key, id)
    return type(value) == "string" and value
end

for i = 4, #KEYS do
    local id = string.match(KEYS[i], "[^:]*$")
    local kind, values = redis.call("TYPE", KEYS[i]).ok, {}
    if kind == "hash" then
        values = redis.call("HMGET", KEYS[i], unpack(ARGV))
        for j, value in ipairs(values) do
            -- No field is that long; what is too long is cut, so that the answer stays small.
            values[j] = value and string.sub(value, 1, 1024)
        end
    end
    answer[#answer + 1] = {kind, values, redis.call("PTTL", KEYS[i]), score(KEYS[1], id), score(KEYS[2], id),
        score(KEYS[3], id)}
end
return answer
