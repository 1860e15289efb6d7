import { Script } from '../script.js'

/**
 * A cached key holds one of three things: T and the ticket of whoever is loading it, or the life of
 * the server and a blank, before them A for "there is none", or V and behind them JSON text. One
 * key a script, so that a cluster takes every one of them.
 */

/**
 * KEYS: the key. ARGV: the life of the server and a blank, a ticket and how long it is good for, in
 * milliseconds; or without the last two, to look only. Answers what the key holds and for how long,
 * or the ticket itself when it was taken. What is of another life counts as nothing.
 */
export const look = new Script(`
local held = redis.call('GET', KEYS[1])
if held and (string.byte(held) == 84 or string.sub(held, 2, #ARGV[1] + 1) == ARGV[1]) then
  return { held, redis.call('PTTL', KEYS[1]) }
end
if not ARGV[2] then return {} end
redis.call('SET', KEYS[1], 'T' .. ARGV[2], 'PX', ARGV[3])
return { 'T' .. ARGV[2], tonumber(ARGV[3]) }
`)

/** KEYS: the key. ARGV: ticket, what to hold, for how many milliseconds. 1 if the ticket held. */
export const fill = new Script(`
if redis.call('GET', KEYS[1]) ~= 'T' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** KEYS: the key. ARGV: ticket. 1 if the ticket held; it is given back. */
export const giveUp = new Script(`
if redis.call('GET', KEYS[1]) ~= 'T' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)

/** KEYS: the key. */
export const forget = new Script(`return redis.call('DEL', KEYS[1])`)
