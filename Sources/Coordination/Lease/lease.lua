-- The lease of a role: a library that is put before the scripts that write in that role.
--
-- Returns nothing by itself: it defines lease_is_held.
--
-- A lease is a hash of `owner` and `token`, gone when it has ended. Its holder's fence is "<owner>:<token>".

-- Whether the lease is held under this very fence: by this owner and under this token. Either alone may be another
-- holder's: an owner comes back, and a failover that loses the count gives its token out again.
local function lease_is_held(lease_key, fence)
    local holder = redis.call("HMGET", lease_key, "owner", "token")
    return holder[1] and holder[2] and holder[1] .. ":" .. holder[2] == fence
end
