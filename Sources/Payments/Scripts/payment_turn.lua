-- Whose turn it is: a library that is put before the scripts that take a payment's locks.
--
-- Returns nothing by itself: it defines payment_turn and payment_account.

-- Whether it is a payment's turn with an account, in whose queue it need not stand yet; `next` is who comes after.
local function payment_turn(lock_key, waiters_key, payment, id)
    local turn = {lock = lock_key, waiters = waiters_key}
    local holder = redis.call("GET", lock_key)
    local line = redis.call("ZRANGE", waiters_key, 0, 1, "WITHSCORES")
    local order, before = tonumber(payment.order), tonumber(line[2] or 0)
    turn.is_mine = holder and string.match(holder, "^(.*):%d+$") == id
    turn.is_placed = turn.is_mine or line[1] == id
    turn.is_ready = turn.is_mine or not holder
        and (turn.is_placed or not line[1] or order < before or order == before and id < line[1])
    turn.next = line[line[1] == id and 3 or 1]
    return turn
end

-- Adds to a turn what the script needs to move the account's money. Its eight keys begin with `first`.
local function payment_account(turn, keys, first, account)
    turn.id, turn.account, turn.entries, turn.world = account, keys[first], keys[first + 1], keys[first + 6]
    turn.wake, turn.work = keys[first + 4], keys[first + 5]
    turn.head = ledger_read(turn.account, turn.entries, turn.world)
    turn.moving = ledger_integer(redis.call("HGET", keys[first + 7], "balance"))
    -- Within one shard nothing is on its way.
    turn.transit = keys[14] ~= keys[22] and keys[first + 7] or nil
end
