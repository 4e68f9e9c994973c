-- Make a payment, once for each idempotency key: it waits in its payer's queue from here on.
--
-- KEYS[1] the records of the caller's idempotency key   KEYS[2] payment   KEYS[3] the payer's waiters
-- KEYS[4] open   KEYS[5] work   KEYS[6] events   KEYS[7] the payer's list   KEYS[8] woken
-- ARGV[1] id   ARGV[2] from   ARGV[3] to   ARGV[4] amount   ARGV[5] description, or empty
-- ARGV[6] not_before   in ms, or 0   ARGV[7] callback   a URL, or empty   ARGV[8] reverses   a payment, or empty
-- ARGV[9] request      method and path, or empty without a key or when the key is kept elsewhere
-- ARGV[10] fingerprint ARGV[11] keep_ms   of the idempotency record
-- ARGV[12] queue_limit     unfinished payments of the shard    ARGV[13] account_limit   of the payer
-- ARGV[14] request_id      ARGV[15] claim   who makes it: the key's digest or the request's id
-- ARGV[16] look_ms   when a sweeper looks first   ARGV[17] list_keep_ms    how long the payer's list remembers
--
-- Returns {"new" or "replayed", outcome}; or {"mismatch"}, {"full"}, {"busy"}, {"broken"}, or {"exists", claim} when
-- there is a payment of this id: these change nothing. Safe to repeat.
local id, request = ARGV[1], ARGV[9]
local now_ms, now_us = ledger_time()
local known, before = idempotency_find(KEYS[1], request, ARGV[10], now_ms)
local holder = redis.call("HGET", KEYS[2], "claim")
local last = redis.call("ZRANGE", KEYS[3], -1, -1, "WITHSCORES")
local open, is_later = redis.call("ZCARD", KEYS[4]), tonumber(ARGV[6]) > now_ms
-- Those for later stand in no queue, but in the list under their time.
local waiting = is_later and redis.call("ZCOUNT", KEYS[7], ledger_text(now_ms), "+inf") or redis.call("ZCARD", KEYS[3])
payment_probe({KEYS[5], KEYS[6]}, {{woken = KEYS[8]}})

if known == "known" then
    idempotency_seen(KEYS[1])
    return {"replayed", before}
elseif known ~= "new" then
    return {known}
elseif holder then
    return {"exists", holder}
elseif open >= tonumber(ARGV[12]) then
    return {"full"}
elseif waiting >= tonumber(ARGV[13]) then
    return {"busy"}
end

-- Whoever came earlier stands before it, whatever the clock says.
local order = ledger_text(math.max(now_us, tonumber(last[2] or 0) + 1))
local created = ledger_text(now_ms)
-- The list may be no list: then nothing has happened yet.
redis.call("ZADD", KEYS[7], is_later and ARGV[6] or created, id)
if now_us % 50 == 0 then
    redis.call("ZREMRANGEBYSCORE", KEYS[7], "-inf", ledger_text(now_ms - ARGV[17]))
end
if not is_later then
    redis.call("ZADD", KEYS[3], order, id)
    -- Who is behind others is woken by them.
    if waiting == 0 then
        local message = work_add(KEYS[5], "operation", id, "from", ARGV[2], "to", ARGV[3])
        lock_note({woken = KEYS[8], id = ARGV[2]}, message, id)
    end
end
local event = payment_event(KEYS[6], id, ARGV[2], "pending", "")
redis.call("HSET", KEYS[2], "state", "pending", "from", ARGV[2], "to", ARGV[3], "amount", ARGV[4],
    "description", ARGV[5], "created", created, "order", order, "not_before", ARGV[6], "callback", ARGV[7],
    "reverses", ARGV[8], "request_id", ARGV[14], "claim", ARGV[15], "message", "", "event", event)
redis.call("ZADD", KEYS[4], is_later and ARGV[6] or ledger_text(now_ms + payment_patience(waiting, ARGV[16])), id)
idempotency_keep(KEYS[1], request, ARGV[10], now_ms + ARGV[11], "202", "accepted " .. id)
return {"new", "accepted " .. id}
