import { Script } from '../script.js'

/** KEYS: the lock. ARGV: token, milliseconds. 1 when it is ours now. */
export const acquireLock = new Script(`
if redis.call('set', KEYS[1], ARGV[1], 'nx', 'px', ARGV[2]) then return 1 end
return 0`)

/** KEYS: the lock. ARGV: token, milliseconds. 1 when it was still ours and lasts longer now. */
export const renewLock = new Script(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])`)

/** KEYS: the lock. ARGV: token. Lets go of it if it is still ours. */
export const releaseLock = new Script(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])`)
