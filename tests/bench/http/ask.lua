-- One kind of request for wrk, as the environment says. With PACE (requests a second) they are started at fixed instants, however
-- long the answers take, as long as connections are free; else each connection asks again at once.
wrk.method = os.getenv("METHOD") or "GET"
wrk.body = os.getenv("BODY")
if os.getenv("TOKEN") then wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN") end
if wrk.body then wrk.headers["Content-Type"] = "application/json" end
if os.getenv("ENCODING") then wrk.headers["Accept-Encoding"] = os.getenv("ENCODING") end

-- Each body another one: NUMBER is counted, MINUTE is another minute of the year after tomorrow.
if wrk.body and wrk.body:find("NUMBER") then
  local template, number, tomorrow = wrk.body, math.floor(os.clock() * 1e6), os.time() + 86400
  function request()
    number = number + 1
    local at = os.date("!%Y-%m-%dT%H:%M:00Z", tomorrow + number % 525600 * 60)
    return wrk.format(nil, nil, nil, (template:gsub("NUMBER", number):gsub("MINUTE", at)))
  end
end

local pace = tonumber(os.getenv("PACE") or "")
if pace then
  local ffi = require("ffi")
  ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now); ]]
  local moment = ffi.new("moment")
  local next_at
  function delay()
    ffi.C.clock_gettime(1, moment)
    local now = tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
    next_at = (next_at or now) + 1000 / pace
    return math.max(0, math.floor(next_at - now))
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"answers": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
