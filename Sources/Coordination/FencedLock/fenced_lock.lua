-- The lock of one account: a library that is put before the scripts that need it.
--
-- Returns nothing by itself: it defines lock_standing, lock_is_held and lock_next_token.
--
-- A lock is the string "<operation>:<token>" and is gone when its lease ends. Its owner is the operation, not a
-- process, so one process can take it and another go on. The token is the account's field `token`, counted up for each
-- holder and never taken back: a script changes something under the lock only while lock and account both show it.
-- Operations that wait stand in a sorted set, in the order in which they came.

-- The standing of an operation: "free" for it, "mine" when it has the lock, "held" by another, or "queued" behind
-- another. The second value is the operation that is in the way.
local function lock_standing(lock_key, waiters_key, operation)
    if redis.call("EXISTS", lock_key, waiters_key) == 0 then
        return "free", ""
    end
    local holder = redis.call("GET", lock_key)
    local head = redis.call("ZRANGE", waiters_key, 0, 0)[1]
    if holder then
        local owner = string.match(holder, "^(.*):%d+$")
        return owner == operation and "mine" or "held", owner or ""
    end
    if head and head ~= operation then
        return "queued", head
    end
    return "free", ""
end

-- Whether the operation holds the lock under this very token: the fence before every step of a longer operation.
local function lock_is_held(lock_key, account_key, operation, token)
    return redis.call("GET", lock_key) == operation .. ":" .. token
        and redis.call("HGET", account_key, "token") == token
end

-- The token of a new holder, counted up from the last one; the caller writes it to the account.
local function lock_next_token(last)
    return string.format("%.0f", tonumber(last or 0) + 1)
end
