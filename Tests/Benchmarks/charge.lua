-- What wrk sends for `bin/bench write`: orders of one video, each by one of the users at random
-- and under a key of its own.
--
--     wrk … -s charge.lua http://localhost:8080 -- TOKENS USERS BODY
--
-- TOKENS is a file with a bearer token on each line, of which the first USERS are used.

local heads, tail, count = {}, nil, 0

function init(arguments)
    local limit = tonumber(arguments[2])
    for token in io.lines(arguments[1]) do
        if #heads == limit then break end
        heads[#heads + 1] = table.concat({
            "POST /api/videos/generate HTTP/1.1\r\n",
            "Host: localhost\r\n",
            "Authorization: Bearer ", token, "\r\n",
            "Content-Type: application/json\r\n",
            "Content-Length: ", #arguments[3], "\r\n",
            "Idempotency-Key: ",
        })
    end
    tail = "\r\n\r\n" .. arguments[3]
    math.randomseed(os.time())
    -- As long as the keys of the loop, which are UUIDs.
    run = string.format("%08x-0000-4000-8000-", os.time())
end

function request()
    count = count + 1
    return heads[math.random(#heads)] .. run .. string.format("%012x", count) .. tail
end

-- What contest.py reads: one line at the end.
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.2f, "p99_ms": %.2f}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
