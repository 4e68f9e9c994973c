-- Payments as scripts see them: a library that is put behind those of the lock and of accounts.
--
-- Returns nothing by itself: it defines payment_read, payment_absence, payment_side, payment_probe and payment_event.
-- The record's `state` decides: pending, locked, debited, then done, failed, cancelled or returned, which never change.
local PAYMENT_FIELDS = {"state", "from", "to", "amount", "order", "created", "attempts", "token_from", "token_to",
    "not_before", "callback", "message", "dead", "reverses"}
local PAYMENT_ENDS = {done = true, failed = true, cancelled = true, returned = true}
-- The keys of an account, in the order in which a script gets them: to leave its queue, and to move its money.
local PAYMENT_QUEUE = {"lock", "waiters", "wake", "work", "woken"}
local PAYMENT_SIDE = {"account", "entries", "lock", "waiters", "wake", "work", "woken", "world", "transit"}

-- The record of a payment; nil when there is none.
local function payment_read(key)
    local values = redis.call("HMGET", key, unpack(PAYMENT_FIELDS))
    if not values[1] then
        return nil
    end
    local payment = {}
    for i, name in ipairs(PAYMENT_FIELDS) do
        payment[name] = values[i] or ""
    end
    payment.units = ledger_integer(payment.amount)
    return payment
end

-- Why there is nothing to do for a payment: "gone", "ended" or "dead"; nil when there is.
local function payment_absence(payment)
    if not payment then
        return "gone"
    end
    return PAYMENT_ENDS[payment.state] and "ended" or payment.dead ~= "" and "dead" or nil
end

-- The payer or the payee, with its account's id: the keys from `first` on, by the names of one of the lists.
local function payment_side(keys, names, first, account)
    local side = {id = account}
    for i, name in ipairs(names) do side[name] = keys[first + i - 1] end
    return side
end

-- Fails when one of these keys is no stream, or the sides' lists of who was told are none, before anything is written.
local function payment_probe(streams, sides)
    local words = {"COUNT", 1, "STREAMS"}
    for i, key in ipairs(streams) do
        words[3 + i], words[3 + #streams + i] = key, "$"
    end
    redis.call("XREAD", unpack(words))
    for _, side in ipairs(sides or {}) do redis.call("HLEN", side.woken) end
end

-- Tells those who watch a user; the event's id.
local function payment_event(events_key, id, account, state, reason)
    return redis.call("XADD", events_key, "MAXLEN", "~", 4096, "*", "payment", id, "account", account, "state", state,
        "reason", reason)
end
