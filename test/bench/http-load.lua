-- Loads a server with tokens: wrk … -s http-load.lua URL -- FILE MIX SKIP TAKE SEED
-- FILE has a token on each line, of which TAKE are used after the first SKIP; what it does is reported on the last line, as JSON.
--   once      one after the other, and the run is over when none is left
--   in-turn   one after the other, and again from the start
--   in-twos   a thousand of them, the same thousand again, then the thousand before, from the end of the file on
--   zipf      drawn at random, the nth as often as 1 / n says

local requests = {}
local sent = 0

local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds, microseconds; } moment; int gettimeofday(moment *, void *);')
local moment = ffi.new('moment')
local start
local worker

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.seconds) + tonumber(moment.microseconds) / 1e6
end

-- The first request is only looked at by wrk, and not sent. When the run has been stopped it still sleeps out its time.
local function once()
  if sent == 1 then
    start = now()
  elseif sent >= #requests and not ended_after then
    ended_after = now() - start
    wrk.thread:stop()
  end
  return sent % #requests
end

local function in_turn()
  return sent % #requests
end

local function in_twos()
  local block = math.floor(sent / 2000)
  return (#requests - 1 - (block * 1000 + sent % 1000)) % #requests
end

local cumulative = {}

local function zipf()
  local drawn = math.random() * cumulative[#cumulative]
  local low, high = 1, #cumulative
  while low < high do
    local middle = math.floor((low + high) / 2)
    if cumulative[middle] < drawn then
      low = middle + 1
    else
      high = middle
    end
  end
  return low - 1
end

local mixes = { once = once, ['in-turn'] = in_turn, ['in-twos'] = in_twos, zipf = zipf }
local pick

-- Setting up and reporting are done outside of the thread, and see nothing of it but its globals.
function setup(thread)
  worker = thread
end

function init(args)
  local skip, take = tonumber(args[3]), tonumber(args[4])
  pick = assert(mixes[args[2]], 'There is no such mix')
  math.randomseed(tonumber(args[5]))
  local lines = assert(io.open(args[1])):lines()
  for _ = 1, skip do
    lines()
  end
  local sum = 0
  for nth = 1, take do
    local token = assert(lines(), 'There are too few tokens')
    requests[nth] = wrk.format('GET', '/', { authorization = 'Bearer ' .. token })
    sum = sum + 1 / nth
    cumulative[nth] = sum
  end
end

function request()
  local index = pick()
  sent = sent + 1
  return requests[index + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests,
    worker:get('ended_after') or summary.duration / 1e6,
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
