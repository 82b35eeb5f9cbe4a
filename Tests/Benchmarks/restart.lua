-- What wrk sends for `bin/bench restart`: reads, quotes and orders, in turn, on as many connections as
-- threads, so that each answer is that of the last request of its thread. A POST that is answered
-- 502 is sent again, an order under the same key.
--
--     wrk -tN -cN … -s restart.lua http://localhost:8080 -- TOKENS VIDEO SECONDS BODY
--
-- TOKENS is a file with a bearer token on each line, VIDEO a video of the first of them, SECONDS how
-- long wrk runs: no POST begins in the last eight, so that each has its answer.

local threads = {}

function setup(thread)
    thread:set("number", #threads)
    threads[#threads + 1] = thread
end

local head, video, body, run, last, over
local count, again = 0, false
sent_get, sent_post, sent_order = 0, 0, 0
bad_get, bad_post, repeated, accepted = 0, 0, 0, 0
statuses = ""

local function post(path, fields)
    return table.concat({
        "POST ", path, " HTTP/1.1\r\n", head, "Content-Type: application/json\r\n",
        "Content-Length: ", #body, "\r\n", fields, "\r\n", body,
    })
end

function init(arguments)
    local tokens = {}
    for token in io.lines(arguments[1]) do tokens[#tokens + 1] = token end
    head = "Host: localhost\r\nAuthorization: Bearer " .. tokens[1] .. "\r\n"
    video = "GET /api/videos/" .. arguments[2] .. " HTTP/1.1\r\n" .. head .. "\r\n"
    -- The orders of a thread are those of one account: no two wait for one wallet.
    head = "Host: localhost\r\nAuthorization: Bearer " .. tokens[number % #tokens + 1] .. "\r\n"
    body = arguments[4]
    run = string.format("restart-%d-%d-", os.time(), number)
    over = os.time() + tonumber(arguments[3]) - 8
end

function request()
    if again then
        again = false
        repeated = repeated + 1
        return last.text
    end
    count = count + 1
    local turn = count % 10
    if turn == 0 and os.time() < over then
        sent_order = sent_order + 1
        last = {
            status = 202,
            text = post("/api/videos/generate", "Idempotency-Key: " .. run .. count .. "\r\n"),
        }
    elseif turn % 2 == 1 and os.time() < over then
        sent_post = sent_post + 1
        last = { status = 200, text = post("/api/videos/quote", "") }
    else
        sent_get = sent_get + 1
        last = { status = 200, text = video, is_get = true }
    end
    return last.text
end

function response(status)
    if status == last.status then
        if status == 202 then accepted = accepted + 1 end
        return
    end
    statuses = statuses .. status .. " "
    if last.is_get then
        bad_get = bad_get + 1
    else
        bad_post = bad_post + 1
        again = status == 502
    end
end

-- What restart.py reads: one line at the end.
function done(summary, latency)
    local sums, seen = {}, ""
    local names = {
        "sent_get", "sent_post", "sent_order", "bad_get", "bad_post", "repeated", "accepted",
    }
    for _, name in ipairs(names) do sums[name] = 0 end
    for _, thread in ipairs(threads) do
        for _, name in ipairs(names) do sums[name] = sums[name] + thread:get(name) end
        seen = seen .. thread:get("statuses")
    end
    local errors = summary.errors
    local fields = {}
    for _, name in ipairs(names) do
        fields[#fields + 1] = string.format('"%s": %d', name, sums[name])
    end
    io.write(string.format(
        '{%s, "statuses": "%s", "broken": %d, "seconds": %.3f, "slowest_ms": %.1f}\n',
        table.concat(fields, ", "), seen,
        errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
        latency.max / 1000))
end
