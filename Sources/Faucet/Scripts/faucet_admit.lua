-- Admit a distribution: its key is claimed, its sender chosen, its nonce bound and its record written in one step.
--
-- KEYS[1] the records of the caller's idempotency key   KEYS[2] distribution   KEYS[3] the address's distributions
-- KEYS[4] era   KEYS[5] senders   KEYS[6] wakes   KEYS[7] cooldown of the address   KEYS[8] day
-- KEYS[9] nonce   KEYS[10] lane   KEYS[11] open   KEYS[12] bound   these four: beginnings, `:<lane>` follows
-- ARGV[1] id   ARGV[2] address   ARGV[3] amount   in wei   ARGV[4] request   method and path, or empty without a key
-- ARGV[5] fingerprint   ARGV[6] keep_ms   of the idempotency record   ARGV[7] queue_limit   open ones of a sender
-- ARGV[8] cooldown_ms   or 0   ARGV[9] day_limit   distributions a day, or 0   ARGV[10] request_id   ARGV[11] claim
-- ARGV[12] list_keep_ms   how long the address's list remembers   ARGV[13] fresh_ms   a lane seen within it is alive
--
-- Returns {"new" or "replayed", id, nonce}; or {"cooldown" or "day", seconds}, {"mismatch"}, {"broken"}, {"own"},
-- {"absent"}, {"paused"}, {"full"} or {"poor"}, which change nothing. Safe to repeat.
local id, address, request = ARGV[1], ARGV[2], ARGV[4]
local now_ms = faucet_now()
local known, before = idempotency_find(KEYS[1], request, ARGV[5], now_ms)
local holder = redis.call("HGET", KEYS[2], "claim")
if known == "known" then
    idempotency_seen(KEYS[1])
    return {"replayed", before}
elseif known ~= "new" then
    return {known}
elseif holder then
    return {holder == ARGV[11] and "replayed" or "broken", id}
elseif redis.call("SISMEMBER", KEYS[5], address) == 1 then
    return {"own"}
end

local day, count = math.floor(now_ms / 86400000), 0
if tonumber(redis.call("HGET", KEYS[8], "day") or 0) == day then
    count = tonumber(redis.call("HGET", KEYS[8], "count"))
end
local cooldown = redis.call("PTTL", KEYS[7])
if tonumber(ARGV[8]) > 0 and cooldown > 0 then
    return {"cooldown", math.ceil(cooldown / 1000)}
elseif tonumber(ARGV[9]) > 0 and count >= tonumber(ARGV[9]) then
    return {"day", math.ceil(((day + 1) * 86400000 - now_ms) / 1000)}
end

local keys, sender, era, refusal = faucet_choose(KEYS, tonumber(ARGV[7]), now_ms - ARGV[13])
if not keys then
    return {refusal}
end
-- A key of a wrong type ends the script: let it be before the first write.
redis.call("XLEN", KEYS[6])
faucet_unbound(keys.bound)
redis.call("ZADD", KEYS[3], faucet_text(now_ms), id)
redis.call("ZREMRANGEBYSCORE", KEYS[3], "-inf", faucet_text(now_ms - ARGV[12]))
redis.call("PEXPIRE", KEYS[3], ARGV[12])
redis.call("HSET", KEYS[2], "state", "queued", "address", address, "amount", ARGV[3], "era", era, "sender", sender,
    "created", faucet_text(now_ms), "request_id", ARGV[10], "claim", ARGV[11])
local nonce = faucet_bind(keys, KEYS[2], id)
if tonumber(ARGV[8]) > 0 then
    redis.call("SET", KEYS[7], id, "PX", ARGV[8])
end
redis.call("HSET", KEYS[8], "day", faucet_text(day), "count", faucet_text(count + 1))
faucet_wake(KEYS[6], sender)
idempotency_keep(KEYS[1], request, ARGV[5], now_ms + ARGV[6], "200", id)
return {"new", id, nonce}
