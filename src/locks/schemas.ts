import { z } from 'zod'
import { instantSchema, named } from '../http/schema.js'
import { nameLengthMax, ttlSecondsMax, ttlSecondsMin } from './rules.js'
import { type LockState } from './store.js'
import { type Lock } from './lock.js'

/** A waiting request lasts this long at most. */
export const waitSecondsMax = 60

/** A lock's name in a path: any text, percent-encoded. */
export const nameSchema = z.string().min(1).max(nameLengthMax)
  .describe('Any text, percent-encoded.')

const owner = z.string().min(1).max(nameLengthMax)
const fence = z.int().min(1)
const ttl = z.number().min(ttlSecondsMin).max(ttlSecondsMax)

/** Body of `POST /v1/locks/{name}/acquire`. */
export const acquisitionSchema = named('LockAcquisition', z.strictObject({
  ttl_seconds: ttl.optional().describe('How long the lease lasts. Default 30.'),
  wait_seconds: z.number().min(0).max(waitSecondsMax).optional()
    .describe('How long to wait for others to let go. Default 0.'),
  owner: owner.optional().describe('Who takes it, for people to read. Default an id.'),
}))

/** Body of `POST /v1/locks/{name}/renew`. */
export const renewalSchema = named('LockRenewal', z.strictObject({
  owner, fence, ttl_seconds: ttl.optional().describe('From now on. Default 30.'),
}))

/** Body of `POST /v1/locks/{name}/release`. */
export const releaseSchema = named('LockRelease', z.strictObject({ owner, fence }))

/** A lock that is held, as the API shows it to its holder. */
export const heldLockSchema = named('HeldLock', z.object({
  name: z.string(),
  owner: z.string(),
  fence: z.int().describe('The fencing token: larger than every earlier one of this name.'),
  expires_at: instantSchema('When the lease ends, on the database’s clock.'),
}))

/** Whether a release found the lock still held. */
export const releasedSchema = named('ReleasedLock', z.object({
  released: z.boolean().describe('False when it was lost already; then nothing has changed.'),
}))

/** A lock as the API shows it to anybody. */
export const lockSchema = named('Lock', z.object({
  name: z.string(),
  owner: z.string().nullable().describe('Null while nobody holds it.'),
  fence: z.int().describe('Of the present holder, or the last one.'),
  acquired_at: instantSchema('Since when it is held.').nullable(),
  expires_at: instantSchema('When the lease ends.').nullable(),
  waiters: z.int().describe('Those in the queue.'),
}))

/** A held lock as the API writes it. */
export function presentHeld(lock: Pick<Lock, 'name' | 'owner' | 'fence' | 'expiresAt'>) {
  const { name, owner: holder, fence: token, expiresAt: expires_at } = lock
  return { name, owner: holder, fence: token, expires_at }
}

/** A lock as the API writes it. */
export function presentLock({ acquiredAt, expiresAt, ...state }: LockState) {
  const { name, owner: holder, fence: token, waiters } = state
  return {
    name, owner: holder, fence: token, acquired_at: acquiredAt, expires_at: expiresAt, waiters,
  }
}
