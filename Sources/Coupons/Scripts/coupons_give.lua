-- Set aside what a part of a leased campaign has not issued, to be given back to the root.
--
-- KEYS[1] the part's campaign
--
-- Returns {"given", number, units}, with 0 units when it has none; or {"unknown"}. Units that are set aside can no
-- longer be issued here, and are answered again until coupons_given.lua says that the root has them. Safe to repeat.
local record = redis.call("HMGET", KEYS[1], "sequence", "limit", "giving", "gift")
if not record[1] then
    return {"unknown"}
end
local number, units = string.match(record[3] or "", "^(%d+) (%d+)$")
if number then
    return {"given", number, units}
end
local left = record[2] - record[1]
number = tonumber(record[4] or 0) + 1
if left > 0 then
    redis.call("HINCRBY", KEYS[1], "limit", -left)
    redis.call("HSET", KEYS[1], "gift", number, "giving", string.format("%.0f %.0f", number, left))
end
return {"given", number, left}
