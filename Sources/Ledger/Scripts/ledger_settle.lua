-- Carry out an add that waited for its account, when it is its turn.
--
-- KEYS[1] account   KEYS[2] entries   KEYS[3] lock   KEYS[4] waiters   KEYS[5] world   KEYS[6] references
-- KEYS[7] the records of the operation's idempotency key   KEYS[8] the record of the operation
-- KEYS[9] the shard's accounts with waiting operations   KEYS[10] its stream of wake-ups   KEYS[11] its stream of work
-- KEYS[12] its accounts whose first operation was told
-- ARGV[1] id         the account's id                ARGV[2] operation  its id
-- ARGV[3] keep_ms    how long idempotency records are kept
-- ARGV[4] retain_ms  how long the record of a settled operation is kept
-- ARGV[5] accept     1 to answer for good that it is queued, when it still has to wait
--
-- Returns {"settled", outcome, entry or false, accepted}, also when it was settled before: accepted is 1 when the
-- request was answered that it is queued; {"waiting", wait_ms, head}: wait_ms is when to look again at the latest, head
-- the operation that must be settled first, or empty while the lock is held; {"other"} for an operation that is no add;
-- or {"gone"} or {"inconsistent"}. An add without a record gives up its place. Safe to repeat.
local id, operation = ARGV[1], ARGV[2]
local now_ms = ledger_time()
local fields = redis.call("HMGET", KEYS[8], "state", "amount", "reference", "sequences", "request", "fingerprint",
    "request_id", "outcome", "accepted", "kind")
local state, amount, request, fingerprint = fields[1], tonumber(fields[2] or ""), fields[5] or "", fields[6]
local account = ledger_read(KEYS[1], KEYS[2], KEYS[5])
local standing, other = lock_standing(KEYS[3], KEYS[4], operation)
redis.call("HLEN", KEYS[6])
redis.call("HLEN", KEYS[7])
redis.call("ZCARD", KEYS[9])
local side = {lock = KEYS[3], waiters = KEYS[4], wake = KEYS[10], work = KEYS[11], woken = KEYS[12], id = id}
lock_probe(side)

local accepted = fields[9] or "0"
if (state and fields[10] ~= "add") or (not state and #operation ~= 26) then
    return {"other"}
elseif not state then
    lock_leave(side, operation)
    return {"gone"}
elseif state == "settled" then
    local sequence = string.match(fields[8], "^entry (%d+)$")
    return {"settled", fields[8], sequence and redis.call("LINDEX", KEYS[2], sequence - 1) or false, accepted}
elseif not account or not amount then
    return {"inconsistent"}
elseif standing ~= "free" then
    if ARGV[5] == "1" then
        redis.call("HSET", KEYS[8], "accepted", "1")
        idempotency_keep(KEYS[7], request, fingerprint, now_ms + ARGV[3], "202",
            "accepted " .. operation)
    end
    return {"waiting", math.max(redis.call("PTTL", KEYS[3]), 0), standing == "queued" and other or ""}
end

local keys = {account = KEYS[1], entries = KEYS[2], world = KEYS[5], references = KEYS[6]}
local order = {kind = "add", operation = operation, amount = amount, reference = fields[3], sequences = fields[4],
    request_id = fields[7]}
local outcome, status, entry = ledger_carry_out(keys, id, account, order, now_ms)
redis.call("HSET", KEYS[8], "state", "settled", "outcome", outcome)
redis.call("PEXPIRE", KEYS[8], ARGV[4])
if redis.call("ZREM", KEYS[4], operation) == 1 then lock_wake(side) end
if accepted ~= "1" then
    idempotency_keep(KEYS[7], request, fingerprint, now_ms + ARGV[3], status, outcome)
end
return {"settled", outcome, entry, accepted}
