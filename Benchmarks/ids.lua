-- For wrk: every request asks with a number that no request before it had.
--
-- ID_PREFIX and ID_SUFFIX in the environment stand around the number in the path.
local prefix, suffix = os.getenv("ID_PREFIX") or "/", os.getenv("ID_SUFFIX") or ""
local next_id

function init()
    -- Rounds of one run must not share ids: each starts at its own second.
    next_id = os.time() * 1000000
end

function request()
    next_id = next_id + 1
    -- %d, because a plain number of this size would print with an exponent.
    return wrk.format("GET", string.format("%s%d%s", prefix, next_id, suffix))
end
