-- Read what is on its way between all shards at one instant, by their accounts and by their payments.
--
-- KEYS[1…n]   flight, of each shard
-- KEYS[n+1…]  the accounts of what is on its way, of each shard
-- ARGV[1] n
-- ARGV[2] limit  of payments; of more only the number is told
--
-- Returns {time, the number of payments, the payments, {balance or false of each account}}. Changes nothing. Its keys
-- are of all shards, so it needs one Redis that is no Cluster.
local count, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local total, payments, balances = 0, {}, {}
-- A key of another type raises an error, which is no number and no text either.
for i = 1, count do
    local size = redis.pcall("ZCARD", KEYS[i])
    total = total + (type(size) == "number" and size or 0)
end
for i = 1, total <= limit and count or 0 do
    local members = redis.pcall("ZRANGE", KEYS[i], 0, -1)
    for _, id in ipairs(members.err and {} or members) do
        payments[#payments + 1] = string.sub(id, 1, 64)
    end
end
for i = count + 1, #KEYS do
    local balance = redis.pcall("HGET", KEYS[i], "balance")
    if type(balance) == "table" then
        balance = "none"
    end
    balances[i - count] = balance and string.sub(balance, 1, 64)
end
return {redis.call("TIME"), total, payments, balances}
