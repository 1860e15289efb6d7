/** How a script learns the time, in microseconds: from the server itself, never from a client. */
export const serverTime = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
`

/**
 * A window is a list of entries, oldest first: when an entry's first unit was taken, its last one,
 * and the running sum of units until then. The first element is the entry that left the window
 * last, so that what is in the window is the difference of two sums.
 */
const list = `
local function write(first, last, sum) return struct.pack('<ddd', first, last, sum) end
local function read(entry) return struct.unpack('<ddd', entry) end

-- The server's clock went back, or a replica with another clock took over. Entries move with it:
-- none leaves early, and none stays longer than its window from now on.
local function shift(key, delta)
  for index, entry in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local first, last, sum = read(entry)
    redis.call('LSET', key, index - 1, write(first - delta, last - delta, sum))
  end
end

-- Drops what has left the window. Answers the sum before it and the first and last entries in it.
local function window(key, length)
  local tail = redis.call('LINDEX', key, -1)
  if not tail then return 0 end
  local first, last, sum = read(tail)
  if last > now then
    shift(key, last - now)
    return window(key, length)
  end
  if last + length <= now then
    redis.call('DEL', key)
    return 0
  end
  local head = redis.call('LRANGE', key, 0, 1)
  local _, _, base = read(head[1])
  local oldest = head[2]
  local _, gone, units = read(oldest)
  while gone + length <= now do
    redis.call('LPOP', key)
    base = units
    oldest = redis.call('LINDEX', key, 1)
    _, gone, units = read(oldest)
  end
  return base, oldest, tail
end
`

/**
 * Takes from every window, or from none. KEYS: the windows. ARGV: 1 to take or 0 to look, the cost,
 * then limit, length and part of each window in microseconds. Answers the time until the call
 * could be admitted (0: it is), then the units used and the time until empty of each window.
 */
export const takeLua = (time: string): string => `${time}${list}
local take, cost = ARGV[1] == '1', tonumber(ARGV[2])
local retry, answer, states = 0, { 0 }, {}
for index, key in ipairs(KEYS) do
  local limit, length = tonumber(ARGV[3 * index]), tonumber(ARGV[3 * index + 1])
  local base, oldest, tail = window(key, length)
  local first, last, sum = 0, 0, 0
  if tail then first, last, sum = read(tail) end
  local used = sum - base
  local lacking = used + cost - limit
  if lacking > 0 then
    local _, gone, units = read(oldest)
    if units - base < lacking then
      for _, entry in ipairs(redis.call('LRANGE', key, 2, -1)) do
        _, gone, units = read(entry)
        if units - base >= lacking then break end
      end
    end
    retry = math.max(retry, gone + length - now)
  end
  states[index] = { first, sum, length }
  answer[2 * index] = used
  answer[2 * index + 1] = tail and last + length - now or 0
end
answer[1] = retry
if not take or retry > 0 then return answer end
for index, key in ipairs(KEYS) do
  local first, sum, length = unpack(states[index])
  local part = tonumber(ARGV[3 * index + 2])
  if first == 0 then
    redis.call('RPUSH', key, write(0, 0, 0), write(now, now, cost))
  elseif now < first + part then
    redis.call('LSET', key, -1, write(first, now, sum + cost))
  else
    redis.call('RPUSH', key, write(now, now, sum + cost))
  end
  redis.call('PEXPIRE', key, math.ceil(length / 1000) + 1)
  answer[2 * index] = answer[2 * index] + cost
  answer[2 * index + 1] = length
end
return answer
`

/** Gives back units taken last. KEYS: the windows. ARGV: the units, then each window's length. */
export const giveBackLua = (time: string): string => `${time}${list}
for index, key in ipairs(KEYS) do
  local rest = tonumber(ARGV[1])
  local base, oldest, tail = window(key, tonumber(ARGV[index + 1]))
  while tail and rest > 0 do
    local first, last, sum = read(tail)
    local before = redis.call('LINDEX', key, -2)
    local _, _, sumBefore = read(before)
    if sum - sumBefore > rest then
      redis.call('LSET', key, -1, write(first, last, sum - rest))
      rest = 0
    else
      redis.call('RPOP', key)
      rest = rest - (sum - sumBefore)
      tail = redis.call('LLEN', key) > 1 and before
    end
  end
  if oldest and not tail then redis.call('DEL', key) end
end
return 0
`

/** Forgets windows. KEYS: the windows. */
export const forgetLua = `return redis.call('DEL', unpack(KEYS))`
