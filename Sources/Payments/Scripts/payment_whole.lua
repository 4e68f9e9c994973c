-- Payments whose accounts one script may change: a library that is put before the script that applies them.
--
-- Returns nothing by itself: it defines payment_fenced and payment_release.

-- Sends a payment that has lost a lock back to the lockers. `keys` are those of payments_apply.
local function payment_fenced(keys, id, payment, message, look_at_ms)
    work_done(keys[6], message)
    if not payment_is_sent(keys[12], payment.message, id) then
        local again = work_add(keys[12], "operation", id, "from", payment.from, "to", payment.to)
        redis.call("HSET", keys[1], "message", again)
    end
    redis.call("ZADD", keys[2], ledger_text(look_at_ms), id)
    return {"fenced"}
end

-- Gives back a lock that is held, and the place in the queue, whose first two are known; wakes the next and returns it.
local function payment_release(side, id)
    redis.call("DEL", side.lock)
    redis.call("ZREM", side.waiters, id)
    local next = side.queue[side.queue[1] == id and 2 or 1]
    lock_call(side, next)
    return next
end
