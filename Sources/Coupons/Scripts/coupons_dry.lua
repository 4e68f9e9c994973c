-- Let a part of a leased campaign say "sold out" by itself for a while: nobody has a unit left.
--
-- KEYS[1] the part's campaign
-- ARGV[1] for_ms   how long
--
-- Returns {"ok"} or {"unknown"}. Safe to repeat; a loan or a change of the campaign ends it.
if redis.call("EXISTS", KEYS[1]) == 0 then
    return {"unknown"}
end
redis.call("HSET", KEYS[1], "dry_until", coupons_now() + ARGV[1])
return {"ok"}
