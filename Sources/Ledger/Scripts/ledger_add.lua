-- Add to an account under its lock, once for each idempotency key, or queue behind the operation that has the lock.
--
-- KEYS[1] account   KEYS[2] entries   KEYS[3] lock   KEYS[4] waiters   KEYS[5] world   KEYS[6] references
-- KEYS[7] the records of the caller's idempotency key   KEYS[8] the record of this operation, should it have to wait
-- KEYS[9] the shard's accounts with waiting operations
-- ARGV[1] id           the account's id
-- ARGV[2] amount       minor units, more than 0
-- ARGV[3] reference    or empty
-- ARGV[4] sequences    that If-Match names: empty, "*" or ",1,57,"; then "!" and those of If-None-Match
-- ARGV[5] operation    its id, should it have to wait
-- ARGV[6] request      method and path, or empty without an idempotency key
-- ARGV[7] fingerprint  of the request, in hexadecimal
-- ARGV[8] keep_ms      how long the idempotency record is kept
-- ARGV[9] queue_limit  how many operations may wait for an account
-- ARGV[10] request_id  of this request, for answers that are kept
--
-- Returns {"new" or "replayed", outcome, entry or false}, where the outcome is "entry <sequence>",
-- "queued <operation>", "accepted <operation>" or "refused <reason> <detail> <request_id>"; or {"mismatch"}, {"full"}
-- or {"inconsistent"}, which change nothing. Lock, token, entry, balance and record are one step.
local id, reference, sequences, operation = ARGV[1], ARGV[3], ARGV[4], ARGV[5]
local request, fingerprint = ARGV[6], ARGV[7]
local now_ms, now_us = ledger_time()

-- All that can fail is read before the first write.
local known, before = idempotency_find(KEYS[7], request, fingerprint, now_ms)
local account = ledger_read(KEYS[1], KEYS[2], KEYS[5])
local standing = lock_standing(KEYS[3], KEYS[4], operation)
if reference ~= "" then redis.call("HLEN", KEYS[6]) end

if known == "mismatch" then
    return {"mismatch"}
elseif known == "known" then
    idempotency_seen(KEYS[7])
    local sequence = string.match(before, "^entry (%d+)$")
    return {"replayed", before, sequence and redis.call("LINDEX", KEYS[2], sequence - 1) or false}
elseif known == "broken" or not account then
    return {"inconsistent"}
end

if standing ~= "free" then
    redis.call("HLEN", KEYS[8])
    redis.call("ZCARD", KEYS[9])
    if redis.call("ZCARD", KEYS[4]) >= tonumber(ARGV[9]) then
        return {"full"}
    end
    redis.call("HSET", KEYS[8], "state", "queued", "kind", "add", "account", id, "amount", ARGV[2],
        "reference", reference, "sequences", sequences, "idempotency", request == "" and "" or KEYS[7],
        "request", request, "fingerprint", fingerprint, "request_id", ARGV[10], "created", ledger_text(now_ms))
    redis.call("ZADD", KEYS[4], "NX", ledger_text(now_us), operation)
    redis.call("ZADD", KEYS[9], "LT", ledger_text(now_ms + math.max(redis.call("PTTL", KEYS[3]), 0)), id)
    idempotency_keep(KEYS[7], request, fingerprint, now_ms + ARGV[8], "0", "queued " .. operation)
    return {"new", "queued " .. operation, false}
end

local keys = {account = KEYS[1], entries = KEYS[2], world = KEYS[5], references = KEYS[6]}
local order = {kind = "add", operation = "-", amount = tonumber(ARGV[2]), reference = reference,
    sequences = sequences, request_id = ARGV[10]}
local outcome, status, entry = ledger_carry_out(keys, id, account, order, now_ms)
idempotency_keep(KEYS[7], request, fingerprint, now_ms + ARGV[8], status, outcome)
return {"new", outcome, entry}
