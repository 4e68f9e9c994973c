-- Begin a new era: the chain is another, or was set back.
--
-- KEYS[1] era
-- ARGV[1] era   that the caller knows, as faucet_era has it   ARGV[2] chain_id   ARGV[3] genesis
--
-- Returns {number, chain_id, genesis} of the era that now is. One that is not the caller's any more stays: of many
-- callers one begins the next. Safe to repeat.
local era = redis.call("HMGET", KEYS[1], "number", "chain_id", "genesis")
if faucet_era(KEYS[1]) == ARGV[1] and ARGV[2] ~= "" then
    era = {faucet_text((era[1] or 0) + 1), ARGV[2], ARGV[3]}
    redis.call("HSET", KEYS[1], "number", era[1], "chain_id", era[2], "genesis", era[3],
        "began", faucet_text(faucet_now()))
end
return {era[1] or "", era[2] or "", era[3] or ""}
