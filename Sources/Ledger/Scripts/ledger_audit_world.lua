-- Read what balances the accounts of a shard, and when that was: a cut through the shard's history.
--
-- KEYS[1]  the outside world's account in the shard
-- KEYS[2]  the account of what is on its way between shards
-- KEYS[3…] accounts that are in use, whose balances are wanted of the same instant
--
-- Returns {time, {type, balance, entries} of the world, {type, balance} of what is on its way, {balance of each
-- other}}, with false for what is missing. Changes nothing.
local function field(key, name)
    -- A key of another type raises an error, which is no value either.
    local value = redis.pcall("HGET", key, name)
    return type(value) == "string" and string.sub(value, 1, 64)
end

local balances = {}
for i = 3, #KEYS do
    balances[i - 2] = field(KEYS[i], "balance")
end
local world = {redis.call("TYPE", KEYS[1]).ok, field(KEYS[1], "balance"), field(KEYS[1], "entries")}
local transit = {redis.call("TYPE", KEYS[2]).ok, field(KEYS[2], "balance")}
return {redis.call("TIME"), world, transit, balances}
