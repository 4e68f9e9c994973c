import Redis

extension RedisScript {
    /// A line for each account, transit, stream and payment, as the test's model says them.
    static let testEverything = RedisScript(
        "test_everything",
        source: Array(
            """
            local lines = {}
            local function add(...) lines[#lines + 1] = table.concat({...}, " ") end
            local i = 1
            local function next_one() i = i + 1; return ARGV[i - 1] end
            for _ = 1, tonumber(next_one()) do
                local account, entries, lock, waiters = next_one(), next_one(), next_one(), next_one()
                local woken, work, id = next_one(), next_one(), next_one()
                local message, told = string.match(redis.call("HGET", woken, id) or "", "^(%S+) (%S+)$")
                local is_there = message and #redis.call("XRANGE", work, message, message) > 0
                local f = redis.call("HMGET", account, "balance", "token")
                add("account", f[1], redis.call("LLEN", entries), f[2] or "0", redis.call("GET", lock) or "-",
                    table.concat(redis.call("ZRANGE", waiters, 0, -1), ","), is_there and told or "-")
            end
            for _ = 1, tonumber(next_one()) do
                add("transit", redis.call("HGET", next_one(), "balance") or "0")
            end
            for _ = 1, tonumber(next_one()) do
                local words = {}
                for _, entry in ipairs(redis.call("XRANGE", next_one(), "-", "+")) do
                    words[#words + 1] = entry[1] .. "=" .. entry[2][2]
                end
                add("stream", unpack(words))
            end
            for _ = 1, tonumber(next_one()) do
                local id, record, open, flight, dead, mark = next_one(), next_one(), next_one(), next_one(),
                    next_one(), next_one()
                local f = redis.call("HMGET", record, "state", "attempts", "token_from", "token_to", "dead", "message",
                    "order")
                add("payment", f[1], f[2] or "0", f[3] or "-", f[4] or "-", f[5] and "1" or "0",
                    redis.call("ZSCORE", open, id) and "1" or "0", redis.call("ZSCORE", flight, id) and "1" or "0",
                    redis.call("ZSCORE", dead, id) and "1" or "0",
                    string.match(redis.call("GET", mark) or "-", "^[^ ]+"))
                add("order", f[7], f[6] or "")
            end
            return lines
            """.utf8
        )
    )
}
