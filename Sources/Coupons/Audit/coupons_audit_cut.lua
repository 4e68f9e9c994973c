-- Read where a campaign, or a part of one, stands, all at one instant.
--
-- KEYS[1] campaign   KEYS[2] log   KEYS[3] coupons   KEYS[4] users
-- ARGV[1…] fields of the campaign that are wanted
--
-- Returns {the keys' types, the fields' values, the id of the log's last entry, entries of the log, coupons, users},
-- with false for what is missing, and nothing of a key of a wrong type. Changes nothing.
local kinds, values, last = {}, {}, false
for i, key in ipairs(KEYS) do
    kinds[i] = redis.call("TYPE", key).ok
end

local function count(i, kind, command)
    return kinds[i] == kind and redis.call(command, KEYS[i]) or 0
end

if kinds[1] == "hash" then
    values = redis.call("HMGET", KEYS[1], unpack(ARGV))
end
local entries = count(2, "stream", "XLEN")
if entries > 0 then
    last = redis.call("XREVRANGE", KEYS[2], "+", "-", "COUNT", 1)[1][1]
end
return {kinds, values, last, entries, count(3, "hash", "HLEN"), count(4, "hash", "HLEN")}
