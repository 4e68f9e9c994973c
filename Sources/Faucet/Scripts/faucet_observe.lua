-- Write down what a lane has seen of its chain, and learn what it is to do.
--
-- KEYS[1] lease   KEYS[2] era   KEYS[3] lane   KEYS[4] nonce   KEYS[5] open   KEYS[6] bound   KEYS[7] senders
-- KEYS[8] cancels   KEYS[9] distribution   a beginning: the id follows
-- ARGV[1] fence   ARGV[2] era   as faucet_era has it   ARGV[3] sender   ARGV[4] floor   a nonce: everything below is
-- used up, or empty when the chain was not seen   ARGV[5] affordable   how many transactions above the chain's nonce
-- the balance pays for   ARGV[6] chain_nonce   ARGV[7] reason   why the lane waits, or empty   ARGV[8] head   or empty
-- then pairs of fields and values of the lane's hash
--
-- Returns {"fenced"}; {"era", era} when there is another; or {"ok", next nonce, open ones, the lowest open nonce or
-- -1, raised by, paused, rebroadcast, cancels, how many have ended whose nonces the chain takes next}. Safe to repeat.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return {"fenced"}
end
local era = faucet_era(KEYS[2])
if era ~= ARGV[2] then
    return {"era", era}
end
-- All that is read comes first: a key of a wrong type ends the script before it has changed anything.
local flags = redis.call("HMGET", KEYS[3], "paused", "rebroadcast", "reason", "head")
local count = redis.call("ZCARD", KEYS[5])
local first = redis.call("ZRANGE", KEYS[5], 0, 0, "WITHSCORES")
local cancels = redis.call("SMEMBERS", KEYS[8])
local nonce, unbound, raised = tonumber(redis.call("GET", KEYS[4]) or "x"), faucet_unbound(KEYS[6]), 0
redis.call("SISMEMBER", KEYS[7], ARGV[3])
local again = 0
if ARGV[4] ~= "" then
    -- Whatever was ever bound stays used, should the counter be gone.
    local floor = math.max(tonumber(ARGV[4]), unbound)
    if not nonce or nonce < floor then
        raised = nonce and floor - nonce or 0
        nonce = floor
        redis.call("SET", KEYS[4], faucet_text(floor))
    end
    redis.call("HSET", KEYS[3], "chain_nonce", ARGV[6], "limit", faucet_text(ARGV[6] + ARGV[5]))
    redis.call("SADD", KEYS[7], ARGV[3])
    again = redis.call("ZCOUNT", KEYS[6], ARGV[6], "+inf") - redis.call("ZCOUNT", KEYS[5], ARGV[6], "+inf")
end
local now = faucet_text(faucet_now())
if (flags[3] or "") ~= ARGV[7] then
    redis.call("HSET", KEYS[3], "reason", ARGV[7], "reason_ms", now)
end
if ARGV[8] ~= "" and flags[4] ~= ARGV[8] then
    redis.call("HSET", KEYS[3], "head", ARGV[8], "head_ms", now)
end
redis.call("HSET", KEYS[3], "seen_ms", now, unpack(ARGV, 9))
-- A distribution that has ended leaves the list with its record.
for _, id in ipairs(redis.call("ZRANGE", KEYS[6], 0, 15)) do
    if redis.call("EXISTS", KEYS[9] .. id) == 1 or redis.call("ZCARD", KEYS[6]) == 1 then
        break
    end
    redis.call("ZREM", KEYS[6], id)
end
return {"ok", nonce or -1, count, tonumber(first[2] or -1), raised, flags[1] or "", flags[2] or "", cancels, again}
