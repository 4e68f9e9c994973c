-- Let a part of a leased campaign say "sold out" by itself for a while: nobody has a unit left.
--
-- KEYS[1] the part's campaign
-- ARGV[1] for_ms   how long   ARGV[2] revision   of the root when that was seen
--
-- Returns {"ok"}, {"known"} when the part has newer word, or {"unknown"}. Safe to repeat;
-- a loan or a change of the campaign ends it.
local revision = redis.call("HGET", KEYS[1], "revision")
if not revision then
    return {"unknown"}
elseif tonumber(revision) > tonumber(ARGV[2]) then
    return {"known"}
end
redis.call("HSET", KEYS[1], "dry_until", coupons_now() + ARGV[1])
return {"ok"}
