-- The end of a payment: a library that is put behind payment.lua.
--
-- Returns nothing by itself: it defines payment_end.

-- Ends a payment for good: its record, those who watch, and its webhook. `keys` has payment, open, dead, events and
-- outbox. With look_ms a sweeper looks once more: something is left to do in another shard.
local function payment_end(keys, id, payment, state, reason, now_ms, keep_ms, look_ms)
    local now = ledger_text(now_ms)
    if look_ms then
        redis.call("ZADD", keys.open, ledger_text(now_ms + look_ms), id)
    else
        redis.call("ZREM", keys.open, id)
    end
    if payment.dead ~= "" then
        redis.call("ZREM", keys.dead, id)
    end
    local event = payment_event(keys.events, id, payment.from, state, reason)
    redis.call("HSET", keys.payment, "state", state, "finished", now, "reason", reason, "event", event)
    redis.call("PEXPIRE", keys.payment, keep_ms)
    if payment.callback ~= "" then
        local body = table.concat({state, now, payment.from, payment.to, payment.amount, payment.created, "=" .. reason,
            "=" .. payment.reverses}, " ")
        redis.call("XADD", keys.outbox, "*", "endpoint", payment.callback, "method", "POST", "body", body,
            "idempotency_key", id, "created_ms", now)
    end
end
