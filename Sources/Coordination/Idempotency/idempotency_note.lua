-- Write down what became of a request whose effect lies in another shard, or is none.
--
-- KEYS[1]  the records of the caller's idempotency key
-- ARGV[1]  request      method and path          ARGV[2]  fingerprint  of the request
-- ARGV[3]  keep_ms      how long it is kept      ARGV[4]  status       of the answer, or 0 while there is none
-- ARGV[5]  outcome      in the feature's words   ARGV[6]  settles      1 to replace what has no answer yet
--
-- Returns {"new", outcome}; {"replayed", outcome} of what was there before; or {"mismatch"} or {"broken"}, which change
-- nothing. Safe to repeat.
local time = redis.call("TIME")
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known, before, status = idempotency_find(KEYS[1], ARGV[1], ARGV[2], now_ms)
if known == "known" and not (ARGV[6] == "1" and status == "0") then
    idempotency_seen(KEYS[1])
    return {"replayed", before}
elseif known ~= "known" and known ~= "new" then
    return {known}
end
idempotency_keep(KEYS[1], ARGV[1], ARGV[2], now_ms + ARGV[3], ARGV[4], ARGV[5])
return {"new", ARGV[5]}
