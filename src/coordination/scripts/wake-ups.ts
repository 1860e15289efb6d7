import { Script } from '../script.js'

/**
 * KEYS: queues. ARGV: the most rings that are kept, milliseconds they are kept, then the rings of
 * each queue. The indexes of those that are full now.
 */
export const ringQueues = new Script(`
local full = {}
for i = 1, #KEYS do
  local room = tonumber(ARGV[1]) - redis.call('llen', KEYS[i])
  local rings = {}
  for ring = 1, math.min(tonumber(ARGV[i + 2]), room) do rings[ring] = '1' end
  if #rings > 0 then
    redis.call('rpush', KEYS[i], unpack(rings))
    redis.call('pexpire', KEYS[i], ARGV[2])
  end
  if #rings >= room then full[#full + 1] = i end
end
return full`)

/** KEYS: queues. Takes a ring of the first that has one and returns its index, else 0. */
export const takeRing = new Script(`
for i = 1, #KEYS do
  if redis.call('lpop', KEYS[i]) then return i end
end
return 0`)
