-- Forget what a part of a leased campaign set aside, now that the root has it.
--
-- KEYS[1] the part's campaign
-- ARGV[1] number   of the gift
--
-- Returns {"ok"}. Safe to repeat.
local number = string.match(redis.call("HGET", KEYS[1], "giving") or "", "^(%d+) ")
if number == ARGV[1] then
    redis.call("HDEL", KEYS[1], "giving")
end
return {"ok"}
