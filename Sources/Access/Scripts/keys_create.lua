-- Make an API key, or one in the place of another that goes on for a while.
--
-- KEYS[1]  the keys, a hash by id     KEYS[2]  revision of the keys
-- KEYS[3]  log of operators' actions  KEYS[4]  its head
-- ARGV[1]  id of the new key          ARGV[2]  digest of its secret
-- ARGV[3]  life_ms, or 0 for ever     ARGV[4]  most keys there may be
-- ARGV[5]  forget_ms: how long a key that has ended is kept
-- ARGV[6]  name                       ARGV[7]  scopes, by commas
-- ARGV[8]  id of the key whose place it takes, or ""
-- ARGV[9]  overlap_ms: how long that one goes on
-- ARGV[10…]  who does it, as fields of the log
--
-- Returns {"ok", created_ms, expires_ms}; {"full"}; or {"unknown"} or {"ended"} of the key to be replaced, which change
-- nothing. Safe to repeat with the same id and digest.
local time = redis.call("TIME")
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(number) return string.format("%.0f", number) end
local function parse(record)
    return string.match(record, "^(%x+) (%d+) (%d+) ([^ ]+) ([^ ]*)$")
end

local known = redis.call("HGET", KEYS[1], ARGV[1])
if known then
    local digest, created, expires = parse(known)
    return digest == ARGV[2] and {"ok", created, expires} or {"full"}
end
local replaced = ARGV[8] ~= "" and redis.call("HGET", KEYS[1], ARGV[8])
if ARGV[8] ~= "" then
    if not replaced then return {"unknown"} end
    local _, _, expires = parse(replaced)
    if tonumber(expires) ~= 0 and tonumber(expires) <= now_ms then return {"ended"} end
end
local all = redis.call("HGETALL", KEYS[1])
local count = #all / 2
for index = 1, #all, 2 do
    local _, _, expires = parse(all[index + 1])
    if tonumber(expires) ~= 0 and tonumber(expires) + ARGV[5] <= now_ms then
        redis.call("HDEL", KEYS[1], all[index])
        count = count - 1
    end
end
if count >= tonumber(ARGV[4]) then return {"full"} end
local expires = ARGV[3] == "0" and 0 or now_ms + ARGV[3]
redis.call("HSET", KEYS[1], ARGV[1], table.concat({ARGV[2], text(now_ms), text(expires), ARGV[6], ARGV[7]}, " "))
if replaced then
    local digest, created, ends, name, scopes = parse(replaced)
    local over = now_ms + ARGV[9]
    if tonumber(ends) == 0 or over < tonumber(ends) then ends = text(over) end
    redis.call("HSET", KEYS[1], ARGV[8], table.concat({digest, created, ends, name, scopes}, " "))
end
redis.call("INCR", KEYS[2])
admin_log_add(KEYS[3], KEYS[4], {unpack(ARGV, 10)})
return {"ok", text(now_ms), text(expires)}
