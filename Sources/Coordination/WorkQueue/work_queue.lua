-- Messages of work: a library that is put before the scripts that add them and do what they ask for.
--
-- Returns nothing by itself: it defines work_done and work_add.
--
-- A message is one entry of a stream that the consumers of the group `workers` share. It is a hint: the work stands in
-- a record, so a message may come twice and late, and none may be relied on to come at all.

-- The message is finished: written in the same step as its effect. Safe to repeat; an empty id stands for no message.
local function work_done(stream_key, message_id)
    if message_id ~= "" then
        redis.call("XACK", stream_key, "workers", message_id)
        -- An acknowledged entry would otherwise stay in the stream for ever.
        redis.call("XDEL", stream_key, message_id)
    end
end

-- Adds a message of fields and values, and returns its id.
local function work_add(stream_key, ...)
    return redis.call("XADD", stream_key, "*", ...)
end
