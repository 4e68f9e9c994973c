-- How a payment waits, and when a sweeper looks whether it still should: a library that is put behind payment.lua.
--
-- Returns nothing by itself: it defines payment_patience, payment_look_at, payment_leave and payment_is_sent.

-- Until a sweeper looks at a payment with so many before it, in ms. They wake it, and it is looked at then: this is for
-- what got lost. So a look costs what is due, however many wait.
local function payment_patience(before, look_ms)
    local floor = before > 4 and 3600000 or 15000
    return before == 0 and tonumber(look_ms) or math.max(12 * look_ms, floor)
end

-- A sweeper looks at the one whose turn it is: `next` of the payer, in the list of its shard.
local function payment_look_at(open_key, next, at_ms)
    if next then redis.call("ZADD", open_key, "XX", ledger_text(at_ms), next) end
end

-- Gives back an account's lock and the place in its queue, and wakes the next. Of the payer, open is known, too.
local function payment_leave(side, id, open_key, look_at_ms)
    local next = lock_leave(side, id)
    if open_key then payment_look_at(open_key, next, look_at_ms) end
end

-- Whether a payment's message is still in a stream.
local function payment_is_sent(stream_key, message, id)
    local found = message ~= "" and redis.call("XRANGE", stream_key, message, message)[1]
    return found and found[2][2] == id
end
