import { hash, verify } from '@node-rs/argon2'
import { Busy } from '../database/failures.js'
import { InvalidInput } from '../errors.js'

/** OWASP's least parameters for Argon2id (the library's default variant): 19 MiB, 2 passes. */
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }

/** Characters of a password (ASVS 5, 6.2.1 and 6.2.9). */
export const passwordLengthMin = 8
export const passwordLengthMax = 256

/** Hashes at work at once: each takes 19 MiB. */
const parallelMax = 2

/** Logins waiting for their turn at most; at 30 ms each the last waits some two seconds. */
const waitingMax = 128

let working = 0
const waiting: (() => void)[] = []

/** Refuses a password that is too short or too long. */
export function checkPassword(password: string): void {
  const { length } = password
  if (length >= passwordLengthMin && length <= passwordLengthMax) return
  const rule = `must be ${passwordLengthMin} to ${passwordLengthMax} characters`
  throw new InvalidInput(`password ${rule}`, { field: 'password' })
}

/** The Argon2id hash of a password, exactly as typed, in PHC form. */
export function hashPassword(password: string): Promise<string> {
  return bounded(() => hash(password, parameters))
}

/**
 * True when the password belongs to the hash. Without a hash it does the same work and answers
 * false, so that time does not tell whether the user exists.
 */
export async function verifyPassword(
  storedHash: string | null | undefined,
  password: string,
): Promise<boolean> {
  if (storedHash == null) {
    await hashPassword(password)
    return false
  }
  return bounded(() => verify(storedHash, password))
}

async function bounded<R>(work: () => Promise<R>): Promise<R> {
  if (waiting.length >= waitingMax) {
    throw new Busy('Too many logins at once; try again in a moment.', { retryAfterSeconds: 2 })
  }
  if (working >= parallelMax) await new Promise<void>((go) => waiting.push(go))
  working += 1
  try {
    return await work()
  } finally {
    working -= 1
    waiting.shift()?.()
  }
}
