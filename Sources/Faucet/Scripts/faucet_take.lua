-- Read a lane's open distributions in order of their nonces.
--
-- KEYS[1] open   KEYS[2] distribution   a beginning: the id follows
-- ARGV[1] from   the lowest nonce   ARGV[2] count   at most   ARGV[3…]  the fields of each record
--
-- Returns a list of {id, field, …}; it changes nothing.
local ids = redis.call("ZRANGE", KEYS[1], ARGV[1], "+inf", "BYSCORE", "LIMIT", 0, ARGV[2])
local records = {}
for place, id in ipairs(ids) do
    local fields = redis.call("HMGET", KEYS[2] .. id, unpack(ARGV, 3))
    table.insert(fields, 1, id)
    records[place] = fields
end
return records
