-- The turn on an account, and the wake-ups that tell of it: a library that is put behind fenced_lock.lua.
--
-- Returns nothing by itself: it defines lock_probe, lock_woken, lock_note, lock_call, lock_wake and lock_leave. Each
-- takes a side: an account's keys lock, waiters, wake, work and woken, and its id.
--
-- A wake-up is made only by an operation that gave up a lock or the first place, and an account has at most one that
-- nobody has in hand: woken says which message it is and whom it calls. Its handler looks and acknowledges in one step,
-- or takes it off woken in the step that looks: a change behind that step is told anew.

-- Fails when one of the keys is of a wrong type, before anything is written.
local function lock_probe(side)
    redis.call("GET", side.lock)
    redis.call("ZCARD", side.waiters)
    redis.call("XLEN", side.wake)
    redis.call("XLEN", side.work)
    redis.call("HLEN", side.woken)
end

-- The account's wake-up that is still in the stream, and whom it calls; nil when there is none.
local function lock_woken(side)
    local message, operation = string.match(redis.call("HGET", side.woken, side.id) or "", "^(%S+) (%S+)$")
    if message and #redis.call("XRANGE", side.work, message, message) > 0 then return message, operation end
end

-- Notes which message calls an operation to the account.
local function lock_note(side, message, operation)
    redis.call("HSET", side.woken, side.id, message .. " " .. operation)
end

-- Tells `head`, the first who waits, or nobody: an operation whose id names its shard ("s07-…") is the workers', any
-- other is waited for by the request that brought it.
local function lock_call(side, head)
    local message, operation = lock_woken(side)
    if message and operation == head then return end
    -- It calls one whose turn it is not any more. A worker that has it in hand acknowledges it.
    local taken = message and redis.pcall("XPENDING", side.work, "workers", message, message, 1)
    if taken and (taken.err or #taken == 0) then redis.call("XDEL", side.work, message) end
    if head and string.find(head, "-", 1, true) then
        return lock_note(side, redis.call("XADD", side.work, "*", "operation", head), head)
    end
    redis.call("HDEL", side.woken, side.id)
    if head then redis.call("XADD", side.wake, "MAXLEN", "~", 1000, "*", "account", side.id, "operation", head) end
end

-- The same for whoever is first in the queue, whom it returns.
local function lock_wake(side)
    local head = redis.call("ZRANGE", side.waiters, 0, 0)[1]
    lock_call(side, head)
    return head
end

-- Gives up an operation's lock, which may have ended and told nobody, and its place; returns whom it woke, or nil.
local function lock_leave(side, operation)
    local holder = redis.call("GET", side.lock)
    local is_mine = holder and string.match(holder, "^(.*):%d+$") == operation
    local is_first = redis.call("ZRANGE", side.waiters, 0, 0)[1] == operation
    if is_mine then redis.call("DEL", side.lock) end
    local had_place = redis.call("ZREM", side.waiters, operation) == 1
    return (is_mine or is_first or had_place and not holder) and lock_wake(side) or nil
end
