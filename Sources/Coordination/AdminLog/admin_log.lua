-- The log of operators' actions: a library that is put before the scripts that need it.
--
-- Returns nothing by itself: it defines admin_log_add.
--
-- KEYS and ARGV are those of the script that it is put before. An entry's id is its number, without a gap; its `hash`
-- is the SHA-1 of the previous entry's hash and of all its fields, each behind its length. The head has number and hash
-- of the last entry, so that neither a change in the middle nor a cut at the end goes unseen.

-- Adds an entry; `fields` are names and values in turn, and `at` is put before them. Returns its number.
local function admin_log_add(log_key, head_key, fields)
    local time = redis.call("TIME")
    local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    local number, hash = string.match(redis.call("GET", head_key) or "0 start", "^(%d+) (%w+)$")
    local entry = {"at", string.format("%.0f", now_ms)}
    for _, word in ipairs(fields) do
        entry[#entry + 1] = word
    end
    local text = hash
    for _, word in ipairs(entry) do
        text = text .. " " .. #word .. ":" .. word
    end
    number = string.format("%.0f", tonumber(number) + 1)
    hash = redis.sha1hex(text)
    entry[#entry + 1] = "hash"
    entry[#entry + 1] = hash
    redis.call("XADD", log_key, number .. "-0", unpack(entry))
    redis.call("SET", head_key, number .. " " .. hash)
    return tonumber(number)
end
