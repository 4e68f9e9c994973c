-- For wrk: payments between random accounts u1 to u1000, each with a key of its own.
local run, count = nil, 0

function init(args)
    math.randomseed(os.time())
    run = tostring(os.time()) .. "-" .. tostring(math.random(1, 1000000000))
end

function request()
    count = count + 1
    local from = math.random(1, 1000)
    local to = (from + math.random(1, 999) - 1) % 1000 + 1
    local headers = {["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. "-" .. count}
    return wrk.format("POST", "/payments", headers,
        string.format('{"from_account":"u%d","to_account":"u%d","amount":"1.00"}', from, to))
end
