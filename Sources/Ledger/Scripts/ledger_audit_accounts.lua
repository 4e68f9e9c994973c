-- Read some accounts of one shard, and a slice of their entries, at one instant.
--
-- KEYS[3n+1] account   KEYS[3n+2] entries   KEYS[3n+3] references, of each account
-- ARGV[1] first  index of the first entry that is wanted of each account
-- ARGV[2] limit  the most entries of all accounts together
--
-- Returns the time, then for each account {its keys' types, its hash's fields, the length of its list, entries}. Once
-- the limit is reached the other accounts come without entries. Changes nothing.
local fields = {"balance", "sequence", "chain", "token", "updated"}
local first, left = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = {redis.call("TIME")}

-- No field and no entry is that long; what is too long is cut, which leaves it wrong, so that the answer stays small.
local function cut(values, limit)
    for i, value in ipairs(values) do
        if value and #value > limit then
            values[i] = string.sub(value, 1, limit)
        end
    end
    return values
end

for i = 1, #KEYS, 3 do
    local types, head, length, entries = {}, {}, 0, {}
    for j = 0, 2 do
        types[j + 1] = redis.call("TYPE", KEYS[i + j]).ok
    end
    if types[1] == "hash" then
        head = cut(redis.call("HMGET", KEYS[i], unpack(fields)), 64)
    end
    if types[2] == "list" then
        length = redis.call("LLEN", KEYS[i + 1])
        if left > 0 then
            entries = cut(redis.call("LRANGE", KEYS[i + 1], first, first + left - 1), 1024)
            left = left - #entries
        end
    end
    answer[#answer + 1] = {types, head, length, entries}
end
return answer
