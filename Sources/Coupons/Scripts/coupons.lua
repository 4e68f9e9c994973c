-- The functions that the coupons' scripts share: a library that is put before them.
--
-- Returns nothing by itself: it defines coupons_now, coupons_log, coupons_closed.
--
-- All numbers stay below 2^53, so that doubles hold them exactly.

-- Redis's time in milliseconds.
local function coupons_now()
    local time = redis.call("TIME")
    return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Writes an entry that is no issue behind the last issue, which has the id <sequence>-0: as <sequence>-1 and so on.
local function coupons_log(log, sequence, ...)
    redis.call("XADD", log, string.format("%.0f-*", sequence), ...)
end

-- Why nothing may be issued now, as a reply; nil when something may.
--
-- `keys` are the code keys that the caller has, as " <version>:<fingerprint> …".
local function coupons_closed(state, starts, ends, key, keys, now_ms)
    if not state then
        return {"unknown"}
    elseif not string.find(keys, " " .. key .. " ", 1, true) then
        return {"key", key}
    elseif now_ms < tonumber(starts) then
        return {"early", tonumber(starts) - now_ms}
    elseif ends ~= "0" and now_ms >= tonumber(ends) then
        return {"ended"}
    elseif state ~= "active" then
        return {"paused"}
    end
end
