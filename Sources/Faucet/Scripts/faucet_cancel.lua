-- Ask for a distribution to be cancelled: its nonce is to be used up by a transaction of nothing.
--
-- KEYS[1] distribution   KEYS[2] cancels   of its lane   KEYS[3] wakes
-- ARGV[1] id   ARGV[2] sender
--
-- Returns {"asked"}, or {"over", state} when it is mined or has ended, or {"gone"}. Whether the coin or nothing is
-- mined, the chain decides. Safe to repeat.
local state = redis.call("HGET", KEYS[1], "state")
if not state then
    return {"gone"}
elseif state ~= "queued" and state ~= "signed" and state ~= "submitted" then
    return {"over", state}
end
-- A key of a wrong type ends the script: let it be before the first write.
redis.call("XLEN", KEYS[3])
redis.call("SADD", KEYS[2], ARGV[1])
redis.call("HSET", KEYS[1], "cancelled", "1")
faucet_wake(KEYS[3], ARGV[2])
return {"asked"}
