-- Let go of a claim whose request was refused for the moment, so that its key is as good as new.
--
-- KEYS[1]  the records of the caller's idempotency key
-- ARGV[1]  request   method and path
-- ARGV[2]  outcome   of the claim; one with an answer, or of another outcome, stays
--
-- Returns 1 when there was such a claim, else 0. Safe to repeat.
local record = redis.call("HGET", KEYS[1], ARGV[1]) or ""
local status, outcome = string.match(record, "^%d+ %x+ (%d+) (.+)$")
if status ~= "0" or outcome ~= ARGV[2] then
    return 0
end
return redis.call("HDEL", KEYS[1], ARGV[1])
