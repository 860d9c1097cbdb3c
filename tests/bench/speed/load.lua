-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- For wrk: sends prepared requests in turn, and prints the results as JSON.
--
--     wrk ... -s load.lua URL -- FILE BASE THREADS
--
-- FILE contains whole requests, each followed by a NUL. Each @N@ in a request becomes a new number of 15 digits, from
-- BASE on.

local MARK = "@N@"
local NUMBERS = 1e6 -- for each thread

local threads = 0
local requests = {}
local position = 0
local number = 0
local has_mark = false

function setup(thread)
    thread:set("place", threads)
    threads = threads + 1
end

local function next_request()
    position = position % #requests + 1
    if not has_mark then
        return requests[position]
    end
    number = number + 1
    return (requests[position]:gsub(MARK, string.format("%015.0f", number)))
end

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    for one in file:read("*a"):gmatch("(%Z+)%z") do
        requests[#requests + 1] = one
        has_mark = has_mark or one:find(MARK, 1, true) ~= nil
    end
    file:close()
    assert(#requests > 0, "no request in the file")
    number = tonumber(arguments[2]) + place * NUMBERS
    -- Each thread begins in another part, so that none sends a request that another one has just sent.
    position = math.floor(#requests * place / tonumber(arguments[3]))
    if #requests == 1 and not has_mark then
        -- wrk then calls it only once, and sends the same request again and again.
        wrk.format = function() return requests[1] end
    else
        request = next_request
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nsummary: {"requests": %.0f, "seconds": %.6f, "bytes": %.0f, "mean": %.9f, "p50": %.9f, "p99": %.9f, '
            .. '"errors": {"connect": %.0f, "read": %.0f, "write": %.0f, "timeout": %.0f, "status": %.0f}}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency.mean / 1e6, latency:percentile(50) / 1e6,
        latency:percentile(99) / 1e6, errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
