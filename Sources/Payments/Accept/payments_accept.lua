-- Make a payment, once for each idempotency key: it waits in its payer's queue from here on.
--
-- KEYS[1] the records of the caller's idempotency key   KEYS[2] payment   KEYS[3] the payer's waiters
-- KEYS[4] open   KEYS[5] work   KEYS[6] events   KEYS[7] the payer's list   KEYS[8] woken
-- ARGV[1] id   ARGV[2] request   method and path, or empty without a key or when the key is kept elsewhere
-- ARGV[3] fingerprint   ARGV[4] keep_ms   of the idempotency record
-- ARGV[5] queue_limit   unfinished payments of the shard   ARGV[6] account_limit   of the payer
-- ARGV[7] look_ms   when a sweeper looks first   ARGV[8] list_keep_ms   how long the payer's list remembers
-- ARGV[9] request_id   ARGV[10] claim   who makes it: the key's digest or the request's id
-- ARGV[11…] the order: name and value of each field that the record gets of it; from, to and not_before are there
--
-- Returns {"new" or "replayed", outcome}; or {"mismatch"}, {"full"}, {"busy"}, {"broken"}, or {"exists", claim} when
-- there is a payment of this id: these change nothing. Safe to repeat.
local id, request, order = ARGV[1], ARGV[2], {}
for i = 11, #ARGV, 2 do order[ARGV[i]] = ARGV[i + 1] end
local now_ms, now_us = ledger_time()
local known, before = idempotency_find(KEYS[1], request, ARGV[3], now_ms)
local holder = redis.call("HGET", KEYS[2], "claim")
local last = redis.call("ZRANGE", KEYS[3], -1, -1, "WITHSCORES")
local open, is_later = redis.call("ZCARD", KEYS[4]), tonumber(order.not_before) > now_ms
-- Payments for later stand in no queue, but in the list under their time.
local waiting = is_later and redis.call("ZCOUNT", KEYS[7], ledger_text(now_ms), "+inf") or redis.call("ZCARD", KEYS[3])
payment_probe({KEYS[5], KEYS[6]}, {{woken = KEYS[8]}})

if known == "known" then
    idempotency_seen(KEYS[1])
    return {"replayed", before}
elseif known ~= "new" then
    return {known}
elseif holder then
    return {"exists", holder}
elseif open >= tonumber(ARGV[5]) then
    return {"full"}
elseif waiting >= tonumber(ARGV[6]) then
    return {"busy"}
end

-- A payment that came earlier stands before this one, whatever the clock says.
local place = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
local created = ledger_text(now_ms)
-- The list may be no list: then nothing has happened yet.
redis.call("ZADD", KEYS[7], is_later and order.not_before or created, id)
if now_us % 50 == 0 then
    redis.call("ZREMRANGEBYSCORE", KEYS[7], "-inf", ledger_text(now_ms - ARGV[8]))
end
if not is_later then
    redis.call("ZADD", KEYS[3], place, id)
    -- A payment that is behind others is woken by them.
    if waiting == 0 then
        local message = work_add(KEYS[5], "operation", id, "from", order.from, "to", order.to)
        lock_note({woken = KEYS[8], id = order.from}, message, id)
    end
end
local event = payment_event(KEYS[6], id, order.from, "pending", "")
redis.call("HSET", KEYS[2], "state", "pending", "created", created, "order", place, "request_id", ARGV[9],
    "claim", ARGV[10], "message", "", "event", event, unpack(ARGV, 11))
local look_at = is_later and order.not_before or ledger_text(now_ms + payment_patience(waiting, ARGV[7]))
redis.call("ZADD", KEYS[4], look_at, id)
idempotency_keep(KEYS[1], request, ARGV[3], now_ms + ARGV[4], "202", "accepted " .. id)
return {"new", "accepted " .. id}
