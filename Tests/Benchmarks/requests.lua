-- What wrk sends for the reads of `bin/bench`: at random one of the calls in a file.
--
--     wrk … -s requests.lua http://localhost:8080 -- TARGETS
--
-- Each line of TARGETS is a path, a space, and a bearer token, or `-` for none.

local calls = {}

function init(arguments)
    for line in io.lines(arguments[1]) do
        local path, token = line:match("^(%S+) (%S+)$")
        local head = "GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\n"
        if token ~= "-" then head = head .. "Authorization: Bearer " .. token .. "\r\n" end
        calls[#calls + 1] = head .. "\r\n"
    end
    math.randomseed(os.time())
end

function request()
    return calls[math.random(#calls)]
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
