-- Write down how distributions of one lane have come on: signed, submitted, mined, confirmed, failed, or back.
--
-- KEYS[1] lease   KEYS[2] open   KEYS[3] events   KEYS[4] distribution   a beginning: the id follows
-- ARGV[1] fence   ARGV[2] keep_ms   how long a record outlives its end
-- then for each distribution:  id, nonce, expected (states with commas around each), state, hash, block, stamp (a
-- field that gets the time, or empty), the number of further words, and pairs of fields and values
--
-- Returns {"fenced"}, which changes nothing; or {"ok", one word each: "done", or the state that was not expected}.
-- A repeated call finds the new state, which is among the expected ones: it is safe to repeat.
if not lease_is_held(KEYS[1], ARGV[1]) then
    return {"fenced"}
end
-- A key of a wrong type ends the script: let it be before the first write.
redis.call("ZCARD", KEYS[2])
redis.call("XLEN", KEYS[3])
local now, results, index = faucet_text(faucet_now()), {"ok"}, 3
while index <= #ARGV do
    local id, nonce, expected, state = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
    local hash, block, stamp, count = ARGV[index + 4], ARGV[index + 5], ARGV[index + 6], tonumber(ARGV[index + 7])
    local key = KEYS[4] .. id
    local before = redis.call("HMGET", key, "state", "nonce", "first_hash")
    local is_final = state == "confirmed" or state == "failed"
    if before[2] ~= nonce or not string.find(expected, "," .. (before[1] or "gone") .. ",", 1, true) then
        table.insert(results, before[1] or "gone")
    else
        if before[1] == "mined" and state == "submitted" then
            redis.call("HDEL", key, "block", "block_hash", "mined_hash", "mined")
        end
        redis.call("HSET", key, "state", state, unpack(ARGV, index + 8, index + 7 + count))
        if stamp ~= "" then
            redis.call("HSETNX", key, stamp, now)
        end
        if hash ~= "" and state ~= "signed" and not before[3] then
            redis.call("HSET", key, "first_hash", hash)
        end
        if is_final then
            redis.call("HSET", key, "finished", now)
            redis.call("ZREM", KEYS[2], id)
            redis.call("PEXPIRE", key, ARGV[2])
        end
        if state ~= before[1] and state ~= "signed" then
            faucet_event(KEYS[3], id, state, nonce, hash, block)
        end
        table.insert(results, "done")
    end
    index = index + 8 + count
end
return results
