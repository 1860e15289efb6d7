import { Script } from '../script.js'

/** KEYS: the queue. ARGV: rings, the most that are kept, milliseconds they are kept. */
export const ringQueue = new Script(`
local room = tonumber(ARGV[2]) - redis.call('llen', KEYS[1])
for _ = 1, math.min(tonumber(ARGV[1]), room) do redis.call('rpush', KEYS[1], '1') end
redis.call('pexpire', KEYS[1], ARGV[3])
return 1`)

/** KEYS: queues. Takes a ring of the first that has one and returns its index, else 0. */
export const takeRing = new Script(`
for i = 1, #KEYS do
  if redis.call('lpop', KEYS[i]) then return i end
end
return 0`)
