-- Read what left the outside world for a shard, and when that was: a cut through the shard's history.
--
-- KEYS[1]  the outside world's account in the shard
-- KEYS[2…] accounts that are in use, whose balances are wanted of the same instant
--
-- Returns {time, type of the first key, its balance or false, {balance or false of each other}}. Changes nothing.
local function balance_of(key)
    -- A key of another type raises an error, which is no balance either.
    local balance = redis.pcall("HGET", key, "balance")
    return type(balance) == "string" and string.sub(balance, 1, 64)
end

local balances = {}
for i = 2, #KEYS do
    balances[i - 1] = balance_of(KEYS[i])
end
return {redis.call("TIME"), redis.call("TYPE", KEYS[1]).ok, balance_of(KEYS[1]), balances}
