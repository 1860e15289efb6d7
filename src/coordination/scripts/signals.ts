import { Script } from '../script.js'

/**
 * KEYS: the topic's sequence. ARGV: a new era's name, milliseconds after which the sequence is
 * forgotten unless it goes on meanwhile, the channel, the channel on which it is told first that
 * signals may be missed or '', and the payload if there is one. Signals of one era are counted from
 * 1 without gap. Its time begins anew with every 32nd signal, which spares the others a command.
 */
export const publishSignal = new Script(`
if ARGV[4] ~= '' then redis.call('publish', ARGV[4], '') end
local era = redis.call('hget', KEYS[1], 'era')
if not era then
  era = ARGV[1]
  redis.call('hset', KEYS[1], 'era', era)
end
local sequence = redis.call('hincrby', KEYS[1], 'sequence', 1)
if sequence % 32 == 1 then redis.call('pexpire', KEYS[1], ARGV[2]) end
redis.call('publish', ARGV[3], era .. ' ' .. sequence .. (ARGV[5] and ' ' .. ARGV[5] or ''))
return sequence`)

/** KEYS: the topic's sequence. The era and number of its last signal; false for none. */
export const lastSignal = new Script(`
local era = redis.call('hget', KEYS[1], 'era')
if not era then return false end
return {era, redis.call('hget', KEYS[1], 'sequence')}`)

/** KEYS: any. ARGV: the channel on which it is told that signals of any topic may be missed. */
export const publishMissed = new Script(`return redis.call('publish', ARGV[1], '')`)
