-- Make the record of a campaign, or of a part of one, under an id that was given to it.
--
-- KEYS[1] campaign
-- ARGV    field, value …   of the record
--
-- Returns {"new"} when it was made, {"known"} when it was there. Safe to repeat: a campaign that is there stays as it
-- is.
if redis.call("EXISTS", KEYS[1]) == 1 then
    return {"known"}
end
redis.call("HSET", KEYS[1], unpack(ARGV))
return {"new"}
