-- The turn of a payment: a library that is put before the script that carries out a whole payment.
--
-- Returns nothing by itself: it defines payment_turn, payment_open and payment_over.

-- Whether it is a payment's turn with an account, in whose queue it need not stand yet; `next` is who comes after.
local function payment_turn(turn, payment, id)
    local holder = redis.call("GET", turn.lock)
    local line = redis.call("ZRANGE", turn.waiters, 0, 1, "WITHSCORES")
    local order, before = tonumber(payment.order), tonumber(line[2] or 0)
    turn.is_mine = holder and string.match(holder, "^(.*):%d+$") == id
    turn.is_placed = turn.is_mine or line[1] == id
    turn.is_ready = turn.is_mine or not holder
        and (turn.is_placed or not line[1] or order < before or order == before and id < line[1])
    turn.next = line[line[1] == id and 3 or 1]
    return turn
end

-- Reads the accounts of two sides; whether each of them is whole.
local function payment_open(from, to)
    local is_whole = true
    for _, side in ipairs({from, to}) do
        side.head = ledger_read(side.account, side.entries, side.world)
        side.moving = ledger_integer(redis.call("HGET", side.transit, "balance"))
        is_whole = is_whole and side.head and side.moving
    end
    -- Within one shard nothing is on its way.
    if from.transit == to.transit then from.transit, to.transit = nil, nil end
    return is_whole
end

-- A payment for which there is nothing to do gives up a place that it may have left, and its message: no more.
local function payment_over(nothing, id, sides, stream_key, message)
    local is_over = nothing == "ended" or nothing == "dead"
    for _, side in ipairs(is_over and sides or {}) do lock_probe(side) end
    work_done(stream_key, message)
    for _, side in ipairs(is_over and sides or {}) do lock_leave(side, id) end
    return {nothing}
end
