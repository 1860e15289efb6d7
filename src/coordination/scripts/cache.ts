import { Script } from '../script.js'

/**
 * A cached key holds one of three things: V and JSON text, A for "there is none", or T and the
 * ticket of whoever is loading it. One key a script, so that a cluster takes every one of them.
 */

/**
 * KEYS: the key. ARGV: a ticket and how long it is good for, in milliseconds; or nothing, to look
 * only. Answers what the key holds and for how long, or the ticket itself when it was taken.
 */
export const look = new Script(`
local held = redis.call('GET', KEYS[1])
if held then return { held, redis.call('PTTL', KEYS[1]) } end
if not ARGV[1] then return {} end
redis.call('SET', KEYS[1], 'T' .. ARGV[1], 'PX', ARGV[2])
return { 'T' .. ARGV[1], tonumber(ARGV[2]) }
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
