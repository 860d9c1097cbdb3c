-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- For wrk: sends ready-made requests in turn, and says at the end what came of it, for a program to read.
--
--     wrk ... -s load.lua URL -- FILE BASE THREADS
--
-- FILE holds whole requests, with a NUL behind each. Where a request holds @N@, there will be a number of 15 digits that no
-- other request has, from BASE on.

local MARK = "@N@"
local THREAD = 1e6 -- so many numbers has each thread of its own

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
    number = tonumber(arguments[2]) + place * THREAD
    -- Each thread has a part of them to begin with, so that none sends what another has just sent.
    position = math.floor(#requests * place / tonumber(arguments[3]))
    if #requests == 1 and not has_mark then
        -- wrk then asks only once, and sends that again and again.
        wrk.format = function() return requests[1] end
    else
        request = next_request
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nsummary: {"requests": %.0f, "seconds": %.6f, "bytes": %.0f, "mean": %.9f, "p50": %.9f, "p99": %.9f, "max": %.9f, '
            .. '"errors": {"connect": %.0f, "read": %.0f, "write": %.0f, "timeout": %.0f, "status": %.0f}}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency.mean / 1e6, latency:percentile(50) / 1e6,
        latency:percentile(99) / 1e6, latency.max / 1e6, errors.connect, errors.read, errors.write, errors.timeout,
        errors.status))
end
