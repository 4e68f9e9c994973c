-- Lend units of a leased campaign's quota to one of its parts, under the number of the loan.
--
-- KEYS[1] campaign   the root   KEYS[2] loans
-- ARGV[1] part       ARGV[2] number   of the loan: one more than the last that the part took in
--
-- Returns {"lent", units, state, revision}, with 0 units when none are left; or {"unknown"} or {"stale"}. Safe to
-- repeat: a number that was lent is answered again. `sequence` is what is lent, never more than `limit`, the quota.
local record = redis.call("HMGET", KEYS[1], "state", "sequence", "limit", "revision")
if not record[1] then
    return {"unknown"}
end
local last, units = string.match(redis.call("HGET", KEYS[2], ARGV[1]) or "0 0", "^(%d+) (%d+)$")
local number = tonumber(ARGV[2])
if number == tonumber(last) then
    return {"lent", units, record[1], record[4]}
elseif number ~= tonumber(last) + 1 then
    return {"stale"}
end
local left = record[3] - record[2]
-- Small against what is left, so that the last units are not all in one place.
units = math.min(left, math.max(1, math.min(1000, math.floor(left / 64))))
if units > 0 then
    redis.call("HINCRBY", KEYS[1], "sequence", units)
    redis.call("HSET", KEYS[2], ARGV[1], ARGV[2] .. " " .. string.format("%.0f", units))
end
return {"lent", units, record[1], record[4]}
