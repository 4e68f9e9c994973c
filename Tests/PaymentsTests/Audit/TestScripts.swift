/// The service's steps in the documented form, as scripts of the tests.
enum TestScripts {
    static let entry = """
        local time = redis.call("TIME")
        local now = string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
        local function append(keys, id, operation, kind, amount, other, at)
            local head = redis.call("HMGET", keys[1], "chain", "updated")
            at = head[2] and tonumber(head[2]) > tonumber(at) and head[2] or at
            local token = redis.call("HINCRBY", keys[1], "token", 1)
            local sequence = redis.call("HINCRBY", keys[1], "sequence", 1)
            local total = string.format("%.0f", redis.call("HINCRBY", keys[1], "balance", amount))
            local body = table.concat({sequence, operation, token, amount, total, kind, at, "-"}, " ")
            local chain = redis.sha1hex((head[1] or id) .. " " .. body)
            redis.call("RPUSH", keys[2], body .. " " .. chain)
            redis.call("HSET", keys[1], "chain", chain, "updated", at)
            redis.call("HINCRBY", keys[3], "entries", 1)
            if other then redis.call("HINCRBY", other, "balance", string.format("%d", -amount)) end
            return 1
        end

        """

    static let one = """
        return append(KEYS, ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), KEYS[4], ARGV[5] ~= "" and ARGV[5] or now)
        """

    static let steps = """
        local step, id, amount, is_inside = ARGV[1], ARGV[2], tonumber(ARGV[5]), ARGV[6] == "1"
        local payment, open, dead, flight, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
        local from, to = {unpack(KEYS, 6, 11)}, {unpack(KEYS, 12, 17)}
        from.id, to.id = ARGV[3], ARGV[4]
        local function move(side, kind, units)
            append(side, side.id, id, kind, units, side[4], now)
        end
        local function release(side)
            if string.match(redis.call("GET", side[5]) or "", "^(.*):") == id then redis.call("DEL", side[5]) end
            redis.call("ZREM", side[6], id)
        end
        local function finish(state, is_swept)
            redis.call("HSET", payment, "state", state, "finished", now, "reason", "")
            redis.call("PEXPIRE", payment, 35 * 86400000)
            redis.call("ZREM", flight, id)
            redis.call("ZREM", dead, id)
            redis.call("HDEL", payment, "dead")
            if is_swept then
                redis.call("ZADD", open, now + 5000, id)
            else
                redis.call("ZREM", open, id)
            end
            release(from)
        end
        local steps = {}
        function steps.accept()
            redis.call("HSET", payment, "state", "pending", "from", from.id, "to", to.id, "amount", ARGV[5],
                "description", "", "created", now, "order", now .. "000", "not_before", "0", "callback", "")
            redis.call("ZADD", open, now + 5000, id)
            redis.call("ZADD", from[6], now, id)
        end
        function steps.lock()
            redis.call("ZADD", to[6], now, id)
            for _, side in ipairs({from, to}) do
                redis.call("SET", side[5], id .. ":" .. redis.call("HINCRBY", side[1], "token", 1), "PX", 60000)
            end
            redis.call("HSET", payment, "state", "locked", "locked", now)
        end
        function steps.apply()
            move(from, "debit", -amount)
            move(to, "credit", amount)
            release(to)
            finish("done")
        end
        function steps.fail()
            finish("failed", true)
        end
        function steps.cancel()
            finish("cancelled")
        end
        function steps.debit()
            move(from, "debit", -amount)
            redis.call("HSET", payment, "state", "debited")
            redis.call("ZADD", flight, now, id)
        end
        function steps.credit()
            move(to, "credit", amount)
            redis.call("SET", mark, "credited", "PX", 35 * 86400000)
        end
        function steps.refuse()
            redis.call("SET", mark, "refused balance-overflow", "PX", 35 * 86400000)
        end
        function steps.done()
            finish("done", true)
        end
        steps["return"] = function()
            move(from, "return", amount)
            finish("returned", true)
        end
        function steps.release()
            release(to)
        end
        function steps.sweep()
            redis.call("ZREM", open, id)
        end
        function steps.bury()
            redis.call("HSET", payment, "dead", "too many tries", "state", "pending")
            redis.call("ZADD", dead, now, id)
            redis.call("ZREM", open, id)
            release(from)
            release(to)
        end
        local is_poor = tonumber(redis.call("HGET", from[1], "balance") or 0) < amount
        if (step == "apply" or step == "debit") and is_poor then
            return 0
        end
        steps[step]()
        return 1
        """
}
