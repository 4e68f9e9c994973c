-- Accounts as scripts see them: a library that is put before the scripts that change balances.
--
-- Returns nothing by itself: it defines ledger_text, ledger_time, ledger_integer, ledger_read and ledger_refusal.
-- Numbers stay below 2^53, so that doubles hold them exactly; they are written with %.0f and never with `..`.
local LEDGER_LIMIT = 9007199254740991

local function ledger_text(number)
    return string.format("%.0f", number)
end

-- Redis's time as milliseconds, and as microseconds for places in queues.
local function ledger_time()
    local time = redis.call("TIME")
    return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), time[1] * 1000000 + time[2]
end

-- A whole number that Redis counts on exactly; 0 for a missing field, nil for anything else.
local function ledger_integer(text)
    return text and string.match(text, "^-?%d+$") and tonumber(text) or (not text and 0) or nil
end

-- Reads an account and the world; nil when what lies there is no account, its list is shorter or longer than its
-- sequence, or the world has no numbers.
local function ledger_read(account_key, entries_key, world_key)
    local fields = redis.call("HMGET", account_key, "balance", "sequence", "chain", "token", "updated")
    local world = redis.call("HMGET", world_key, "balance", "entries")
    local count = redis.call("LLEN", entries_key)
    local account = {
        balance = ledger_integer(fields[1]), sequence = ledger_integer(fields[2]), chain = fields[3],
        token = ledger_integer(fields[4]), updated = ledger_integer(fields[5]),
        world = ledger_integer(world[1]), entries = ledger_integer(world[2]),
    }
    local is_whole = account.balance and account.sequence and account.token and account.updated and account.world
        and account.entries
    if not is_whole or count ~= account.sequence or (count > 0) ~= (account.chain ~= false) then
        return nil
    end
    return account
end

-- Whether an account is in one of the states that "*" (it has entries) or ",1,57," (its sequence) name.
local function ledger_is_in(account, states)
    return states == "*" and account.sequence > 0
        or string.find(states, "," .. ledger_text(account.sequence) .. ",", 1, true) ~= nil
end

-- Why a change may not happen: outcome and status, or nil. `sequences`: those of If-Match, "!", those of If-None-Match.
local function ledger_refusal(account, amount, reference, holder, sequences)
    local wanted, unwanted = string.match(sequences, "^([^!]*)!?(.*)$")
    if wanted ~= "" and not ledger_is_in(account, wanted) or unwanted ~= "" and ledger_is_in(account, unwanted) then
        return "precondition-failed " .. ledger_text(account.sequence), "412"
    end
    if reference ~= "" and holder then
        return "duplicate-reference " .. holder, "409"
    end
    if account.balance + amount > LEDGER_LIMIT or account.world - amount < -LEDGER_LIMIT then
        return "balance-overflow -", "409"
    end
    return nil
end
