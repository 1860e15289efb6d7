import { Script } from '../script.js'

/** Members of a group that are kept at most. */
export const membersMax = 100_000

/**
 * KEYS: the member, its group. ARGV: the member's name, milliseconds to live. The member's own key
 * says how long it is here; the group lists who may be.
 */
export const touchMember = new Script(`
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('set', KEYS[1], now, 'px', ARGV[2])
redis.call('zadd', KEYS[2], now, ARGV[1])
redis.call('zremrangebyrank', KEYS[2], 0, -${membersMax + 1})
if redis.call('pttl', KEYS[2]) < tonumber(ARGV[2]) then
  redis.call('pexpire', KEYS[2], ARGV[2])
end
return 1`)

/** KEYS: the group. ARGV: how many to pass over, how many to give. Latest first. */
export const listGroup = new Script(
  `return redis.call('zrevrange', KEYS[1], ARGV[1], ARGV[1] + ARGV[2] - 1)`)

/** KEYS: members' own keys. When each was last here, false for who is gone. */
export const seenMembers = new Script(`
local seen = {}
for i = 1, #KEYS do seen[i] = redis.call('get', KEYS[i]) end
return seen`)

/** KEYS: the group, then members' own keys. ARGV: their names. Forgets those that are gone. */
export const forgetGone = new Script(`
for i = 1, #ARGV do
  if redis.call('exists', KEYS[i + 1]) == 0 then redis.call('zrem', KEYS[1], ARGV[i]) end
end
return 1`)

/** KEYS: the member, its group. ARGV: the member's name. */
export const leaveGroup = new Script(`
redis.call('del', KEYS[1])
return redis.call('zrem', KEYS[2], ARGV[1])`)
