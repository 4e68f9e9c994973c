-- Take a batch of ids into one window, count those that are new to it, and tell which they are.
--
-- KEYS[1]  the window's count of unique ids
-- KEYS[2]  the mark that the window is closed
-- KEYS[3…] setnx: one key per id; set: the shard of each id; hll: the one sketch of the window
-- ARGV[1]  start_ms    the window's start
-- ARGV[2]  window_ms   the window's length
-- ARGV[3]  grace_ms    how long after its end the window still takes ids
-- ARGV[4]  expires_ms  when keys of single ids may go, by Redis's clock
-- ARGV[5]  keep_ms     when the count may go
-- ARGV[6]  store       setnx, set or hll
-- ARGV[7…] the ids, for set and hll
--
-- Returns {"taken", bits}: bits has a 1 for each id that is new, else 0, in order; or {"moved", now_ms} and changes
-- nothing, when Redis's clock says that this window takes no ids: the caller takes the window of now_ms.
local start_ms, store = tonumber(ARGV[1]), ARGV[6]
local time = redis.call("TIME")
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

if now_ms < start_ms or now_ms >= start_ms + ARGV[2] + ARGV[3] or redis.call("EXISTS", KEYS[2]) == 1 then
    return {"moved", now_ms}
end

local bits, new = {}, 0
if store == "setnx" then
    for i = 3, #KEYS do
        if redis.call("SET", KEYS[i], "1", "NX", "PXAT", ARGV[4]) then
            bits[i - 2] = "1"
            new = new + 1
        else
            bits[i - 2] = "0"
        end
    end
else
    local add = store == "set" and "SADD" or "PFADD"
    for i = 7, #ARGV do
        local key = store == "set" and KEYS[i - 4] or KEYS[3]
        local added = redis.call(add, key, ARGV[i])
        if added == 1 then
            -- Without NX: repeating it is cheaper than asking whether it is needed.
            redis.call("PEXPIREAT", key, store == "set" and ARGV[4] or ARGV[5])
        end
        bits[i - 6] = added == 1 and "1" or "0"
        new = new + added
    end
end

-- Also with 0: from its first batch the window exists, and will be closed and reported.
redis.call("INCRBY", KEYS[1], new)
redis.call("PEXPIREAT", KEYS[1], ARGV[5])
return {"taken", table.concat(bits)}
