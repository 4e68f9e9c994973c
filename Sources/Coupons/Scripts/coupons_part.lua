-- Tell a part of a leased campaign what its root says: it takes the newest word and no older one.
--
-- KEYS[1] the part's campaign
-- ARGV[1] state   "active" or "paused"   ARGV[2] revision   of the root
--
-- Returns {"ok"}, or {"unknown"} when there is no such part. Safe to repeat.
local revision = redis.call("HGET", KEYS[1], "revision")
if not revision then
    return {"unknown"}
elseif tonumber(ARGV[2]) > tonumber(revision) then
    redis.call("HSET", KEYS[1], "state", ARGV[1], "revision", ARGV[2])
    redis.call("HDEL", KEYS[1], "dry_until")
end
return {"ok"}
