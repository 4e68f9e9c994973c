-- For wrk: adds to one of 1,000 users, each with a key of its own.
local headers = {["Content-Type"] = "application/json"}
local count, run = 0, tostring(os.time()) .. "-" .. tostring({}):sub(8)

function request()
    count = count + 1
    headers["Idempotency-Key"] = run .. "-" .. count
    return wrk.format("POST", "/users/u" .. math.random(1, 1000) .. "/add", headers, '{"amount":1}')
end
