-- End an API key, now or in a while; never later than it would end anyway.
--
-- KEYS[1]  the keys, a hash by id     KEYS[2]  revision of the keys
-- KEYS[3]  log of operators' actions  KEYS[4]  its head
-- ARGV[1]  id of the key              ARGV[2]  after_ms, or 0 for now
-- ARGV[3…]  who does it, as fields of the log
--
-- Returns {"ok", expires_ms}, or {"unknown"}, which changes nothing. Safe to repeat.
local time = redis.call("TIME")
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local record = redis.call("HGET", KEYS[1], ARGV[1])
if not record then return {"unknown"} end
local digest, created, expires, rest = string.match(record, "^(%x+) (%d+) (%d+) (.*)$")
local over = now_ms + ARGV[2]
if tonumber(expires) ~= 0 and tonumber(expires) <= over then return {"ok", expires} end
expires = string.format("%.0f", over)
redis.call("HSET", KEYS[1], ARGV[1], table.concat({digest, created, expires, rest}, " "))
redis.call("INCR", KEYS[2])
admin_log_add(KEYS[3], KEYS[4], {unpack(ARGV, 3)})
return {"ok", expires}
