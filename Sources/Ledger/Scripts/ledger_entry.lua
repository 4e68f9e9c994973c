-- Entries of an account: a library that is put behind ledger_account.lua.
--
-- Returns nothing by itself: it defines ledger_append and ledger_carry_out.

-- Appends an entry and moves the balance; returns the packed entry. The other side of the entry moves in the same
-- script. Everything was checked before: nothing here fails.
local function ledger_append(keys, id, account, change, now_ms)
    local token = change.token or lock_next_token(account.token)
    local sequence = ledger_text(account.sequence + 1)
    local balance = ledger_text(account.balance + change.amount)
    local updated = ledger_text(math.max(now_ms, account.updated))
    local reference = change.reference == "" and "-" or "=" .. change.reference
    local body = table.concat({
        sequence, change.operation, token, ledger_text(change.amount), balance, change.kind, updated, reference,
    }, " ")
    local chain = redis.sha1hex((account.chain or id) .. " " .. body)
    local entry = body .. " " .. chain
    redis.call("RPUSH", keys.entries, entry)
    redis.call("HSET", keys.account, "balance", balance, "sequence", sequence, "chain", chain, "token", token,
        "updated", updated)
    redis.call("HINCRBY", keys.world, "entries", 1)
    if change.reference ~= "" then
        local name = change.operation == "-" and sequence or change.operation
        redis.call("HSET", keys.references, change.reference, string.match(id, "^[^/]+") .. "." .. name)
    end
    return entry
end

-- Carries out an add whose turn it is: the outcome, its status and the entry, or false when it is refused.
local function ledger_carry_out(keys, id, account, order, now_ms)
    local holder = order.reference ~= "" and redis.call("HGET", keys.references, order.reference)
    local refusal, status = ledger_refusal(account, order.amount, order.reference, holder, order.sequences)
    if refusal then
        return "refused " .. refusal .. " " .. order.request_id, status, false
    end
    local entry = ledger_append(keys, id, account, order, now_ms)
    redis.call("HSET", keys.world, "balance", ledger_text(account.world - order.amount))
    return "entry " .. ledger_text(account.sequence + 1), "200", entry
end
