-- The money of payments: a library that is put behind payment.lua and the ledger's entries.
--
-- Returns nothing by itself: it defines payment_holds, payment_debit_refusal, payment_credit_refusal, payment_move and
-- payment_credited.

-- Whether the payment still has this account's lock under this token: the fence before every step.
local function payment_holds(side, id, token)
    return token ~= "" and lock_is_held(side.lock, side.account, id, token)
end

-- Why the payer cannot pay; nil when it can. `transit` is what is on its way out of the payer's shard.
local function payment_debit_refusal(account, units, transit)
    if account.balance < units then
        return "insufficient-funds"
    end
    return transit + units > LEDGER_LIMIT and "balance-overflow" or nil
end

-- Why the payee cannot be paid; nil when it can.
local function payment_credit_refusal(account, units, transit)
    local is_full = account.balance + units > LEDGER_LIMIT or transit - units < -LEDGER_LIMIT
    return is_full and "balance-overflow" or nil
end

-- Appends a payment's entry and moves the shard's transit by what left it; nothing here fails.
local function payment_move(side, account, id, kind, units, token, now_ms)
    local change = {kind = kind, operation = id, amount = units, token = token, reference = ""}
    ledger_append(side, side.id, account, change, now_ms)
    if side.transit then
        redis.call("HINCRBY", side.transit, "balance", ledger_text(-units))
    end
end

-- Shows a payment that came in to its payee. The list forgets what is too old, now and then.
local function payment_credited(events_key, list_key, id, payment, now_ms, keep_ms)
    redis.call("ZADD", list_key, ledger_text(now_ms), id)
    if now_ms % 50 == 0 then
        redis.call("ZREMRANGEBYSCORE", list_key, "-inf", ledger_text(now_ms - keep_ms))
    end
    payment_event(events_key, id, payment.to, "done", "")
end
