-- The records of idempotency keys: a library that is put before the scripts that need it.
--
-- Returns nothing by itself: it defines idempotency_find, idempotency_seen and idempotency_keep.
--
-- A record is a field of the hash of one caller's key, named by the request: method and path. Its value is
-- "<expires_ms> <fingerprint> <status> <outcome>": status is that of the answer, or 0 while there is none yet, and the
-- outcome's words are the feature's own. The claim of a key is the
-- record that the effect's own script writes: nothing can fall between claim and effect. The field `hits` counts
-- replays.

-- The record of a request: "new", "mismatch" when the key was used for another, "known" with its outcome and status, or
-- "broken". An empty request has no key and is always new.
local function idempotency_find(key, request, fingerprint, now_ms)
    local record = redis.call("HGET", key, request)
    if request == "" or not record then
        return "new"
    end
    local expires_ms, stored, status, outcome = string.match(record, "^(%d+) (%x+) (%d+) (.+)$")
    if not outcome then
        return "broken"
    end
    -- A record without an answer is not forgotten, however long the answer takes.
    if status ~= "0" and tonumber(expires_ms) <= now_ms then
        return "new"
    end
    if stored ~= fingerprint then
        return "mismatch"
    end
    return "known", outcome, status
end

-- Counts a replay.
local function idempotency_seen(key)
    redis.call("HINCRBY", key, "hits", 1)
end

-- Writes a record that is kept until expires_ms, or until there is an answer when there is none yet.
local function idempotency_keep(key, request, fingerprint, expires_ms, status, outcome)
    if request ~= "" then
        local expires = string.format("%.0f", expires_ms)
        redis.call("HSET", key, request, table.concat({expires, fingerprint, status, outcome}, " "))
        if status == "0" then
            redis.call("PERSIST", key)
        else
            redis.call("PEXPIREAT", key, expires)
        end
    end
end
