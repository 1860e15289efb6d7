/** How a script learns the time, in microseconds: from the server itself, never from a client. */
export const serverTime = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
`

/**
 * A window is one string, so that a call costs one GET and one SET: the units in it and when the
 * first unit of the last entry was taken (two doubles), then the entries, oldest first, each with
 * the time of its last unit (a double) and its units (four bytes).
 *
 * Reads `log` of `key`: `used` units are in it, `at` is the oldest entry that is still in the
 * window. Everything is written out in place: a function would be made anew at each call. `moved`
 * is what to do with a log whose entries were moved.
 */
const read = (moved: string): string => `
  local used, first, last, at, gone, units = 0, 0, 0, 17, 0, 0
  if log then
    used, first = unpack('<dd', log)
    last = unpack('<d', log, #log - 11)
    if last > now then
      -- The server's clock went back, or a replica with another clock took over. The entries move
      -- with it: none leaves early, and none stays longer than its window from now on.
      local back = last - now
      local parts = { pack('<dd', used, first - back) }
      for place = 17, #log, 12 do
        gone, units = unpack('<dI4', log, place)
        parts[#parts + 1] = pack('<dI4', gone - back, units)
      end
      log, first, last = table.concat(parts), first - back, now
      redis.call('SET', key, log, 'KEEPTTL')
      ${moved}
    end
    if last + length <= now then
      log, used = false, 0
    else
      gone, units = unpack('<dI4', log, at)
      while gone + length <= now do
        used, at = used - units, at + 12
        gone, units = unpack('<dI4', log, at)
      end
    end
  end
`

/**
 * Many calls, one after another; each takes from every window of its own, or from none. KEYS: the
 * windows of all calls. ARGV: how many calls, then of each 1 to take or 0 to look, the cost, the
 * number of its windows, and of each the limit, the length and part in microseconds, and how many
 * milliseconds it is kept. Answers in one row of each call the time until it could be admitted
 * (0: it is), then of each of its windows the units used and the time until it is empty.
 *
 * All windows are read at once. What a call of this script wrote is in `latest`, by key.
 */
export const takeLua = (time: string): string => `${time}
local unpack, pack, sub, call = struct.unpack, struct.pack, string.sub, redis.call
local all, latest = call('MGET', _G.unpack(KEYS)), {}
local answer, argument, before = {}, 2, 0
local logs, places, firsts = {}, {}, {}
for _ = 1, ARGV[1] + 0 do
  local isTaken, cost, count = ARGV[argument] == '1', ARGV[argument + 1] + 0, ARGV[argument + 2] + 0
  local start, retry = #answer + 1, 0
  answer[start] = 0
  for index = 1, count do
    local key, place = KEYS[before + index], argument + 4 * index - 1
    local limit, length = ARGV[place] + 0, ARGV[place + 1] + 0
    local log = latest[key] or all[before + index]
    ${read('latest[key] = log')}
    if used + cost > limit then
      local entry, lacking = at, used + cost - limit - units
      while lacking > 0 do
        entry = entry + 12
        gone, units = unpack('<dI4', log, entry)
        lacking = lacking - units
      end
      if gone + length - now > retry then retry = gone + length - now end
    end
    logs[index], places[index], firsts[index] = log, at, first
    answer[start + 2 * index - 1] = used
    answer[start + 2 * index] = log and last + length - now or 0
  end
  answer[start] = retry
  if retry == 0 and isTaken then
    for index = 1, count do
      local key, place, log = KEYS[before + index], argument + 4 * index - 1, logs[index]
      local used = answer[start + 2 * index - 1] + cost
      local value
      if not log then
        value = pack('<dddI4', used, now, now, cost)
      elseif now < firsts[index] + ARGV[place + 2] then
        local units = unpack('<I4', log, #log - 3)
        value = pack('<dd', used, firsts[index]) .. sub(log, places[index], -13)
          .. pack('<dI4', now, units + cost)
      else
        value = pack('<dd', used, now) .. sub(log, places[index]) .. pack('<dI4', now, cost)
      end
      call('SET', key, value, 'PX', ARGV[place + 3])
      latest[key] = value
      answer[start + 2 * index - 1], answer[start + 2 * index] = used, ARGV[place + 1] + 0
    end
  end
  argument, before = argument + 3 + 4 * count, before + count
end
return answer
`

/** Gives back units taken last. KEYS: the windows. ARGV: the units, then each window's length. */
export const giveBackLua = (time: string): string => `${time}
local unpack, pack, sub = struct.unpack, struct.pack, string.sub
for index = 1, #KEYS do
  local key, length = KEYS[index], ARGV[index + 1] + 0
  local log = redis.call('GET', key)
  ${read('')}
  if log then
    local rest, tail, final = ARGV[1] + 0, #log - 11, ''
    while rest > 0 and tail >= at do
      gone, units = unpack('<dI4', log, tail)
      tail = tail - 12
      used = used - math.min(units, rest)
      if units > rest then final = pack('<dI4', gone, units - rest) end
      rest = rest - units
    end
    if used == 0 then
      redis.call('DEL', key)
    else
      -- Of an entry that was given back whole, the one before begins long enough ago.
      if final == '' then first = 0 end
      local value = pack('<dd', used, first) .. sub(log, at, tail + 11) .. final
      redis.call('SET', key, value, 'KEEPTTL')
    end
  end
end
return 0
`

/** Forgets windows. KEYS: the windows. */
export const forgetLua = `return redis.call('DEL', unpack(KEYS))`
